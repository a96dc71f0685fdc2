/** Panels that open beside a button: placed within the window, closed by Escape, by a click elsewhere, by leaving. */
import { element } from "./dom.js";

let open = null;

/**
 * @param {HTMLElement|{x: number, y: number}} anchor a button, or a place
 * @param {Node} content
 * @param {{label?: string, role?: string, onClose?: (isLeft: boolean) => void, class?: string}} [wish] `isLeft`: the page is left
 * @returns {{panel: HTMLElement, close: () => void, place: () => void}}
 */
export function openPopover(anchor, content, wish = {}) {
  open?.close();
  const panel = element(
    "div",
    {
      class: `popover ${wish.class ?? ""}`,
      role: wish.role ?? "dialog",
      "aria-label": wish.label ?? null,
      tabindex: "-1",
    },
    content,
  );
  const opener = anchor instanceof Element ? anchor : document.activeElement;
  const around = opener?.closest?.("dialog[open], .topbar, main"); // of a landmark, as all that is read
  const host = around ?? document.getElementById("main") ?? document.body;
  host.append(panel);
  if (anchor instanceof Element) anchor.setAttribute("aria-expanded", "true");
  const place = () => placeBeside(panel, anchor);
  const close = (returnsFocus = true, isLeft = false) => {
    if (open?.panel !== panel) return;
    open = null;
    panel.remove();
    document.removeEventListener("pointerdown", onPointer, true);
    removeEventListener("resize", place);
    if (anchor instanceof Element) anchor.setAttribute("aria-expanded", "false");
    if (returnsFocus && opener?.isConnected) opener.focus?.({ preventScroll: true });
    wish.onClose?.(isLeft);
  };
  const onPointer = (event) => {
    if (panel.contains(event.target) || (anchor instanceof Element && anchor.contains(event.target))) return;
    close(false);
  };
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  document.addEventListener("pointerdown", onPointer, true);
  addEventListener("resize", place);
  open = { panel, close };
  place();
  return { panel, close, place };
}

/** Closes the panel that is open, for the page that it belongs to is left: a choice that it has not told yet is dropped. */
export function closePopover() {
  open?.close(false, true);
}

/** Whether the panel of this button is open; closes it. For buttons that open and close. */
export function closePopoverOf(anchor) {
  if (anchor.getAttribute("aria-expanded") !== "true" || !open) return false;
  open.close();
  return true;
}

function placeBeside(panel, anchor) {
  const gap = 6;
  const box =
    anchor instanceof Element
      ? anchor.getBoundingClientRect()
      : { left: anchor.x, right: anchor.x, top: anchor.y, bottom: anchor.y };
  const { width, height } = panel.getBoundingClientRect();
  const fitsBelow = box.bottom + gap + height <= innerHeight - 8;
  const top = fitsBelow ? box.bottom + gap : Math.max(8, box.top - gap - height);
  const left = box.left + width <= innerWidth - 8 ? box.left : Math.max(8, box.right - width);
  panel.style.top = `${fitsBelow ? top : Math.min(top, innerHeight - height - 8)}px`;
  panel.style.left = `${Math.min(left, innerWidth - width - 8)}px`;
}
