/** Starts a dashboard that is a file: everything it shows is within it, and nothing is asked for elsewhere. */
import { Dashboard } from "../dashboard/dashboard.js";
import { Freshness } from "../dashboard/freshness.js";
import { element } from "../dom.js";
import { themeButton } from "../shell.js";
import { readPage, readView } from "../state.js";
import { fileSource, readContent } from "./file_source.js";

/** The content of the document, unpacked. */
async function unpacked() {
  const bytes = Uint8Array.from(atob(document.getElementById("file").textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return readContent(await new Response(stream).arrayBuffer());
}

/** Shows the file's dashboard in its document. */
export async function startFile() {
  if (!globalThis.DecompressionStream) return document.getElementById("main").append(element("p", {}, "This file needs a browser of 2023 or later."));
  const file = await unpacked();
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
    return dashboard.show(readPage(page), readView(query ?? ""));
  };
  addEventListener("popstate", show);
  show();
}
