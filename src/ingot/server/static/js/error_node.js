/** An error as every page shows it: what is wrong, where, what to do about it, its code. */
import { locationText } from "./api.js";
import { element, icon } from "./dom.js";

/** @param {{message: string, code?: string, location?: any, hint?: string|null}} error @param {() => void} [onRetry] */
export function errorNode(error, onRetry) {
  const place = locationText(error.location);
  const again = onRetry && element("button", { type: "button", class: "button", onClick: onRetry }, "Try again");
  return element(
    "div",
    { class: "notice notice-bad fault", role: "group", "aria-label": "Error" },
    element("p", { class: "fault-message" }, icon("warning"), element("strong", {}, error.message)),
    place && element("p", { class: "mono fault-place" }, place),
    error.hint && element("p", { class: "fault-hint" }, error.hint),
    element("p", { class: "fault-foot" }, error.code && element("code", { class: "badge" }, error.code), again),
  );
}
