/** One visual over the whole window; what is behind it cannot be reached. */
export class FullScreen {
  /** @param {HTMLElement} root where the page's parts stand */
  constructor(root) {
    this.root = root;
    this.frame = null;
  }

  isOf(frame) {
    return this.frame === frame;
  }

  /** @param {import("./frame.js").Frame} frame */
  toggle(frame) {
    const shown = this.frame ?? frame;
    if (!this.leave()) this.show(shown, true);
    shown.more.focus();
  }

  /** @returns {boolean} whether there was anything to leave */
  leave() {
    const { frame } = this;
    if (frame) this.show(frame, false);
    return frame !== null;
  }

  show(frame, isFull) {
    this.frame = isFull ? frame : null;
    frame.node.classList.toggle("is-full", isFull);
    document.body.classList.toggle("has-full", isFull);
    const grid = frame.node.parentElement;
    for (const node of [...(grid?.children ?? []), ...this.root.children, document.querySelector(".topbar")])
      if (node && !node.contains(frame.node)) node.inert = isFull;
  }
}
