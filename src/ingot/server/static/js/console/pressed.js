/**
 * What is drawn anew while somebody presses a button of it: the button would be gone before it is let go, and the click
 * with it. So such drawing waits for the end of the press.
 */
const waiting = new Map(); // node → what draws it
let pressed = null;

addEventListener("pointerdown", (event) => (pressed = event.target), true);
for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => setTimeout(letGo), true); // the click comes first

function letGo() {
  pressed = null;
  const draws = [...waiting.values()];
  waiting.clear();
  draws.forEach((draw) => draw());
}

/** Draw now, or as soon as nothing within the node is pressed. @param {Node} node @param {() => void} draw */
export function whenLetGo(node, draw) {
  if (pressed && node.contains(pressed)) waiting.set(node, draw);
  else draw();
}
