/** Starts a dashboard that is a file: everything it shows is within it, and nothing is asked for elsewhere. */
import { Dashboard } from "../dashboard/dashboard.js";
import { Freshness } from "../dashboard/freshness.js";
import { element } from "../dom.js";
import { themeButton } from "../shell.js";
import { readView } from "../state.js";
import { fileSource } from "./file_source.js";

/** Shows the file's dashboard in its document. */
export function startFile() {
  const file = JSON.parse(document.getElementById("file").textContent);
  if (file.world) globalThis.echarts.registerMap("world", file.world);
  const freshness = new Freshness(file.spec.locale || "en");
  document.getElementById("tools").append(freshness.node, themeButton());
  const place = document.getElementById("main");
  const notes = element("div", { class: "file-notes small muted" }, ...file.notes.map((note) => element("p", {}, note)));
  place.after(notes);
  const urlOf = (page, query) => `#${encodeURIComponent(page)}${query}`;
  const dashboard = new Dashboard(place, file.spec, fileSource(file), { urlOf, onAnswered: () => freshness.set({ asOf: file.asOf }) });
  const show = () => {
    const [page, query] = location.hash.slice(1).split("?");
    return dashboard.show(decodeURIComponent(page), readView(query ?? ""));
  };
  addEventListener("popstate", show);
  show();
}
