/** Starts the page of a dashboard on the server: address, answers, news of changed tables. */
import { element } from "../dom.js";
import { errorNode } from "../error_node.js";
import { Live } from "../live.js";
import { themeButton } from "../shell.js";
import { readPage } from "../state.js";
import { Dashboard, viewOfAddress } from "./dashboard.js";
import { Freshness } from "./freshness.js";
import { serverSource } from "./server_source.js";

const root = document.getElementById("main");
const tools = document.getElementById("tools");
const name = root.dataset.dashboard;

function pageOfAddress() {
  const [, , , page] = location.pathname.split("/");
  return readPage(page ?? "");
}

function urlOf(page, query) {
  return `/dashboards/${encodeURIComponent(name)}/${encodeURIComponent(page)}${query}`;
}

async function start() {
  tools.append(themeButton());
  const source = serverSource(name);
  const spec = await source.spec();
  document.title = `${spec.title} · Ingot`;
  const heading = document.getElementById("dashboard-title");
  heading.textContent = spec.title;
  heading.title = spec.description ?? "";
  const freshness = new Freshness(spec.locale || "en");
  tools.prepend(freshness.node);
  const dashboard = new Dashboard(root, spec, source, {
    urlOf,
    onAnswered: () => freshness.set({ asOf: dashboard.asker.asOf }),
  });
  addEventListener("popstate", () => dashboard.show(pageOfAddress(), viewOfAddress()));
  await dashboard.show(pageOfAddress(), viewOfAddress());
  const onTables = async (versions) => {
    const fresh = hasFaults(dashboard.spec) ? await specOf(source) : dashboard.spec;
    if (!fresh) return;
    if (JSON.stringify(fresh) === JSON.stringify(dashboard.spec)) dashboard.refresh(versions);
    else dashboard.replaceSpec(fresh);
  };
  const live = new Live({ onTables, onState: (isConnected) => freshness.set({ isConnected }) });
  addEventListener("pagehide", () => live.stop());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

// None while the server is away, which the freshness tells: once it is back it says the versions again.
async function specOf(source) {
  try {
    return await source.spec();
  } catch (error) {
    if (error.code !== "no-connection") throw error;
    return null;
  }
}

// Faults of definitions may go away with new tables: the first update builds what was missing.
function hasFaults(spec) {
  return spec.pages.some((page) => [...page.slicers, ...page.visuals].some((part) => part.error));
}

start().catch((error) =>
  root.replaceChildren(
    element(
      "div",
      { class: "listing" },
      errorNode(error, () => location.reload()),
    ),
  ),
);
