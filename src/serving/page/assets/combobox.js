/** A text field with a list of suggestions: WAI-ARIA's editable combobox with list autocomplete. */
import { make } from "./dom.js";

const WAIT = 120;
let count = 0;

/**
 * @param find text → promise of options { id, label, lang?, note? }
 * @param choose what to do with the option, and whether Shift was held
 * @param say tells a screen reader
 * @param failed told of what `find` threw
 * @returns { element, input, relabel({ label, hint }) }
 */
export function combobox({ find, choose, say, failed, matches }) {
  const id = `box-${++count}`;
  const hint = make("p", { id: `${id}-hint`, className: "hint" });
  const list = make("ul", { id: `${id}-list`, role: "listbox", hidden: true });
  const label = make("label", { for: id, id: `${id}-label` });
  list.setAttribute("aria-labelledby", label.id);
  const input = make("input", {
    ...{ id, role: "combobox", type: "text", autocomplete: "off", spellcheck: false },
    ...{ "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, "aria-describedby": hint.id },
  });
  const element = make("div", { className: "field wide" }, label, make("div", { className: "box" }, input, list), hint);
  let options = [];
  let active = -1;
  let asked = 0;
  let timer;

  function show(found) {
    options = found;
    list.replaceChildren(
      ...found.map((option, i) =>
        make(
          "li",
          { id: `${id}-${i}`, role: "option", "aria-selected": "false" },
          make("span", { lang: option.lang }, option.label),
          option.note && make("span", { className: "detail" }, ` ${option.note}`),
        ),
      ),
    );
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    mark(found.length > 0 ? 0 : -1);
  }

  function mark(place) {
    active = place;
    for (const [i, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(i === place));
    if (place < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", `${id}-${place}`);
    list.children[place].scrollIntoView({ block: "nearest" });
  }

  function close() {
    clearTimeout(timer);
    asked++;
    show([]);
  }

  function take(place, shift) {
    const option = options[place];
    input.value = "";
    close();
    choose(option, shift);
    input.focus();
  }

  async function ask() {
    const mine = ++asked;
    let found = [];
    try {
      found = await find(input.value.trim());
    } catch (error) {
      return failed(error);
    }
    if (mine !== asked) return;
    show(found);
    say(matches(found.length));
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (input.value.trim().length < 2) return close();
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    if (event.key === "Enter") {
      // Enter in a list that is about to come must not send the form.
      event.preventDefault();
      if (open && active >= 0) take(active, event.shiftKey);
    } else if (event.key === "Escape" && (open || input.value !== "")) {
      event.preventDefault();
      if (!open) input.value = "";
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open && input.value.trim().length >= 2) ask();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (open) mark((active + step + options.length) % options.length);
    }
  });
  input.addEventListener("blur", close);
  // The field keeps the focus while an option is pressed.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const place = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (place >= 0) take(place, event.shiftKey);
  });
  return {
    element,
    input,
    relabel(texts) {
      label.textContent = texts.label;
      hint.textContent = texts.hint;
    },
  };
}
