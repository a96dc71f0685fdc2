/** Questions before something that cannot be taken back. */
import { element, freshId, iconButton } from "../dom.js";

/**
 * Ask; true if the reader agrees.
 * @param {{title: string, body: (Node|string)[], confirm: string, isDangerous?: boolean, typed?: string}} question
 *   `typed` has to be written by hand before the button works
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, body, confirm, isDangerous = false, typed }) {
  return new Promise((resolve) => {
    const titleId = freshId("dialog");
    const agree = element(
      "button",
      { type: "submit", class: `button ${isDangerous ? "button-danger" : "button-primary"}`, disabled: Boolean(typed) },
      confirm,
    );
    const input =
      typed &&
      element("input", {
        class: "input",
        type: "text",
        autocomplete: "off",
        spellcheck: "false",
        onInput: () => (agree.disabled = input.value.trim() !== typed),
      });
    const cancel = element("button", { type: "button", class: "button", onClick: () => dialog.close() }, "Cancel");
    const form = element(
      "form",
      { method: "dialog", class: "question" },
      element(
        "div",
        { class: "dialog-head" },
        element("h2", { id: titleId }, title),
        iconButton("close", "Close", () => dialog.close()),
      ),
      element(
        "div",
        { class: "dialog-body" },
        ...body,
        input &&
          element(
            "label",
            { class: "field" },
            element("span", {}, "Type ", element("strong", { class: "mono" }, typed), " to go on"),
            input,
          ),
      ),
      element("div", { class: "dialog-foot" }, element("span", { class: "spacer" }), cancel, agree),
    );
    const dialog = element("dialog", { class: "dialog dialog-narrow", "aria-labelledby": titleId }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!agree.disabled) dialog.close("yes");
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    (input || cancel).focus();
  });
}

/**
 * Ask for a text; null if the reader goes back.
 * @param {{title: string, label: string, value?: string, confirm: string}} question
 * @returns {Promise<string|null>}
 */
export function asked({ title, label, value = "", confirm }) {
  return new Promise((resolve) => {
    const titleId = freshId("dialog");
    const input = element("input", {
      class: "input",
      type: "text",
      value,
      autocomplete: "off",
      required: true,
      maxlength: "100",
    });
    const form = element(
      "form",
      { method: "dialog", class: "question" },
      element(
        "div",
        { class: "dialog-head" },
        element("h2", { id: titleId }, title),
        iconButton("close", "Close", () => dialog.close()),
      ),
      element("div", { class: "dialog-body" }, element("label", { class: "field" }, label, input)),
      element(
        "div",
        { class: "dialog-foot" },
        element("span", { class: "spacer" }),
        element("button", { type: "button", class: "button", onClick: () => dialog.close() }, "Cancel"),
        element("button", { type: "submit", class: "button button-primary" }, confirm),
      ),
    );
    const dialog = element("dialog", { class: "dialog dialog-narrow", "aria-labelledby": titleId }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      dialog.close(input.value.trim());
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue || null);
    });
    document.body.append(dialog);
    dialog.showModal();
    input.select();
  });
}
