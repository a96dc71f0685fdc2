/**
 * The console's frame: which view the address means, the way between views, and the update that runs.
 * Each view is a module that is loaded when it is first opened: `open(place, context) → {close?, follow?}`.
 */
import { getJson } from "../api.js";
import { announce, element, icon } from "../dom.js";
import { errorNode } from "../error_node.js";
import { openMenu } from "../menu.js";
import { Newest } from "../newest.js";
import { closePopover } from "../popover.js";
import { themeButton } from "../shell.js";
import { Actions } from "./actions.js";
import { picture } from "./icons.js";
import { Now } from "./now.js";
import { button, headNode } from "./parts.js";
import { RunBar } from "./run_bar.js";

const VIEWS = {
  graph: { title: "Graph", load: () => import("./graph_view.js") },
  updates: { title: "Updates", load: () => import("./updates_view.js") },
  tables: { title: "Tables", load: () => import("./tables_view.js") },
  sql: { title: "SQL", load: () => import("./sql_view.js") },
  sources: { title: "Sources", load: () => import("./sources_view.js") },
};

const main = document.getElementById("main");
const nav = document.getElementById("console-nav");
const now = new Now();
const go = (url) => {
  history.pushState(null, "", url);
  show();
};
// To an update that was asked for, once it has begun: unless the reader has gone elsewhere meanwhile.
const goToUpdate = async (begun) => {
  const { href } = location;
  const id = await begun;
  if (id && location.href === href) go(`/console/updates/${encodeURIComponent(id)}`);
};
const context = {
  now,
  go,
  goToUpdate,
  role: main.dataset.role,
  project: main.dataset.project,
  actions: new Actions(main.dataset.role, now, main.dataset.project),
};

let current = null;
const shown = new Newest();

/** `/console/tables/gold/medals?tab=history` → {name, parts, params} */
function address() {
  const [name = "", ...parts] = location.pathname.split("/").slice(2).filter(Boolean).map(decodeURIComponent);
  return { name: name || "graph", parts, params: new URLSearchParams(location.search) };
}

async function show() {
  const place = address();
  closePopover();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  if (current?.name === place.name && current.view.follow?.(place)) return;
  const isNewest = shown.begin();
  current?.view.close?.();
  current = null;
  markNav(place.name);
  const known = VIEWS[place.name];
  const root = element("div", { class: `view view-${place.name}` });
  main.replaceChildren(root);
  scrollTo(0, 0);
  document.title = `${known?.title ?? "Console"} · ${context.project} · Ingot`;
  if (!known) {
    root.append(
      headNode("There is no such page"),
      errorNode({
        code: "unknown-page",
        message: `there is no page ${location.pathname}`,
        hint: "choose one at the left",
      }),
    );
    return;
  }
  root.setAttribute("aria-busy", "true");
  try {
    const module = await known.load();
    if (!isNewest()) return;
    current = { name: place.name, view: module.open(root, place, context) ?? {} };
    announce(known.title);
  } catch (error) {
    if (isNewest())
      root.replaceChildren(
        errorNode({ code: "not-loaded", message: error.message, hint: "load the page again" }, () => location.reload()),
      );
  }
  root.removeAttribute("aria-busy");
}

function markNav(name) {
  for (const link of nav.querySelectorAll("a")) {
    if (link.dataset.view === name) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else link.removeAttribute("aria-current");
  }
}

// Links within the console change the view; all others, and clicks that open a tab, are the browser's.
function onClick(event) {
  const link = event.target.closest?.("a[href]");
  if (
    !link ||
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  )
    return;
  const url = new URL(link.href, location.href);
  if (url.origin !== location.origin || !(url.pathname === "/console" || url.pathname.startsWith("/console/"))) return;
  event.preventDefault();
  const leavesView = url.pathname !== location.pathname;
  go(url.pathname + url.search);
  if (leavesView && !nav.contains(link)) main.focus({ preventScroll: true });
}

async function userMenu() {
  const facts = await getJson("/project").catch(() => null);
  if (!facts?.can_sign_out) return;
  const form = element("form", { method: "post", action: "/logout", hidden: true });
  const name = facts.user || "Account";
  const opener = button(
    element("span", { class: "user-name" }, name),
    () =>
      openMenu(
        opener,
        [{ group: `${name} · ${facts.role}` }, { label: "Sign out", action: () => form.submit() }],
        "Account",
      ),
    { kind: "button-quiet user-button", shape: "user" },
  );
  opener.setAttribute("aria-haspopup", "menu");
  opener.setAttribute("aria-label", name); // where there is little room, it is a picture
  opener.append(icon("chevron"), form);
  document.getElementById("tools").append(opener);
}

for (const link of nav.querySelectorAll("a")) link.prepend(picture(link.dataset.view));
document.getElementById("tools").append(new RunBar(context).node, themeButton());
document.addEventListener("click", onClick);
addEventListener("popstate", show);
userMenu();
show();
