/** What stands in every page's top bar: the choice of theme. */
import { element, icon } from "./dom.js";
import { openMenu } from "./menu.js";

const CHOICES = [
  ["system", "As the system", "screen"],
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
];

/** The button that changes the theme. */
export function themeButton() {
  const button = element("button", {
    type: "button",
    class: "icon-button",
    "aria-label": "Theme",
    title: "Theme",
    "aria-haspopup": "menu",
  });
  const show = () => button.replaceChildren(icon(document.documentElement.dataset.theme === "dark" ? "moon" : "sun"));
  const entries = () =>
    CHOICES.map(([choice, label, picture]) => ({
      label,
      icon: picture,
      isChecked: window.ingotTheme.chosen() === choice,
      action: () => window.ingotTheme.choose(choice),
    }));
  button.addEventListener("click", () => openMenu(button, entries(), "Theme"));
  addEventListener("themechange", show);
  show();
  return button;
}
