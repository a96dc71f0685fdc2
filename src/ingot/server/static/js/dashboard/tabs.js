/** The pages of a dashboard as tabs, and the way back to where drilling through began. */
import { element, icon } from "../dom.js";
import { emptyView } from "../state.js";

/** @param {import("./dashboard.js").Dashboard} dashboard */
export function tabsNode(dashboard) {
  const { spec, page, view } = dashboard;
  const shown = spec.pages.filter((other) => !other.hidden || other === page);
  if (shown.length < 2 && !view.r) return element("div", { hidden: true });
  const back = element(
    "button",
    { type: "button", class: "button button-quiet tabs-back", hidden: !view.r, onClick: () => dashboard.goBack() },
    icon("back"),
    "Back",
  );
  return element(
    "nav",
    { class: "tabs", "aria-label": "Pages" },
    back,
    ...shown.map((other) => tabNode(dashboard, other)),
  );
}

function tabNode(dashboard, page) {
  const onClick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (page !== dashboard.page) dashboard.goTo(page, carried(dashboard.view, page));
  };
  const isHere = page === dashboard.page;
  return element(
    "a",
    { href: dashboard.address.urlOf(page.name, ""), "aria-current": isHere ? "page" : null, onClick },
    page.title,
  );
}

// Choices of slicers that the other page has as well go with the reader.
function carried(view, page) {
  const ids = new Set(page.slicers.map((slicer) => slicer.id));
  return { ...emptyView(), f: Object.fromEntries(Object.entries(view.f).filter(([id]) => ids.has(id))) };
}
