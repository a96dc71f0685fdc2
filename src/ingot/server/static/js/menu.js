/** Menus of actions: arrow keys, Home, End, first letters; the button that opened one gets the focus back. */
import { element, icon } from "./dom.js";
import { closePopoverOf, openPopover } from "./popover.js";

/**
 * @typedef {{label: string, action: () => void, icon?: string, isChecked?: boolean, isDisabled?: boolean, href?: string}|"line"|{group: string}} MenuEntry
 * @param {HTMLElement|{x: number, y: number}} anchor
 * @param {MenuEntry[]} entries
 * @param {string} label
 */
export function openMenu(anchor, entries, label) {
  if (anchor instanceof Element && closePopoverOf(anchor)) return;
  const list = element("div", { class: "menu" });
  const popover = openPopover(anchor, list, { role: "menu", label });
  list.append(...entries.map((entry) => menuNode(entry, popover)));
  popover.place();
  const items = [...list.querySelectorAll(".menu-item:not(:disabled)")];
  items[0]?.focus();
  popover.panel.addEventListener("keydown", (event) => moveFocus(event, items, popover));
}

function menuNode(entry, popover) {
  if (entry === "line") return element("div", { class: "menu-line", role: "separator" });
  if (entry.group) return element("div", { class: "menu-group", role: "presentation" }, entry.group);
  const isChoice = entry.isChecked !== undefined;
  return element(
    "button",
    {
      type: "button",
      class: "menu-item",
      role: isChoice ? "menuitemradio" : "menuitem",
      "aria-checked": isChoice ? String(entry.isChecked) : null,
      disabled: entry.isDisabled ?? false,
      tabindex: "-1",
      onClick: () => {
        popover.close();
        entry.action();
      },
    },
    entry.icon && icon(entry.icon),
    element("span", {}, entry.label),
    entry.isChecked && element("span", { class: "menu-mark" }, icon("check")),
  );
}

function moveFocus(event, items, popover) {
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  } else if (event.key === "Tab") {
    popover.close();
  } else if (event.key.length === 1) {
    const letter = event.key.toLowerCase();
    const next = [...items.slice(at + 1), ...items.slice(0, at + 1)].find((item) =>
      item.textContent.trim().toLowerCase().startsWith(letter),
    );
    next?.focus();
  }
}
