/** Questions that may be asked again before they are answered: answers come in any order, and only the newest counts. */
export class Newest {
  constructor() {
    this.turn = 0;
  }

  /** A question begins. @returns {() => boolean} whether its answer still counts */
  begin() {
    this.turn += 1;
    const mine = this.turn;
    return () => mine === this.turn;
  }

  /** Nothing counts of what has begun: whoever asked is gone. */
  end() {
    this.turn += 1;
  }
}
