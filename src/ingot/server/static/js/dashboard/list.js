/** The list of all dashboards. */
import { getJson } from "../api.js";
import { element } from "../dom.js";
import { errorNode } from "../error_node.js";
import { themeButton } from "../shell.js";

const place = document.getElementById("dashboards");

function entryNode({ name, title, description, pages, error }) {
  if (error)
    return element("li", { class: "card listing-entry is-broken" }, element("h2", {}, title ?? name), errorNode(error));
  const shown = (pages ?? []).filter((page) => !page.hidden);
  return element(
    "li",
    { class: "card listing-entry" },
    element("h2", {}, element("a", { href: `/dashboards/${encodeURIComponent(name)}` }, title ?? name)),
    description && element("p", { class: "muted" }, description),
    shown.length > 1 &&
      element(
        "p",
        { class: "listing-pages" },
        ...shown.map((page) =>
          element(
            "a",
            { class: "badge", href: `/dashboards/${encodeURIComponent(name)}/${encodeURIComponent(page.name)}` },
            page.title,
          ),
        ),
      ),
  );
}

function emptyListNode() {
  return element(
    "div",
    { class: "card note" },
    element("p", {}, "There are no dashboards yet."),
    element(
      "p",
      { class: "muted" },
      "A file in the folder ",
      element("code", {}, "dashboards/"),
      " of the project makes one.",
    ),
  );
}

async function start() {
  document.getElementById("tools").append(themeButton());
  const { dashboards } = await getJson("/dashboards");
  place.replaceChildren(
    dashboards.length ? element("ul", { class: "listing-list" }, ...dashboards.map(entryNode)) : emptyListNode(),
  );
  place.setAttribute("aria-busy", "false");
}

start().catch((error) => place.replaceChildren(errorNode(error, () => location.reload())));
