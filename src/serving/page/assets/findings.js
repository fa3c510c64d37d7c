/** A combobox with the list of what was chosen by it, each present or absent. */
import { combobox } from "./combobox.js";
import { make } from "./dom.js";

let count = 0;

/**
 * @param find text → promise of options { id, label, lang?, note? }
 * @param states whether each can be absent; else it is just chosen
 * @param t texts of the present language
 * @param title label of the field
 * @returns { element, input, chosen(): { id, absent }[], clear(), translate(labels) }
 */
export function findings({ find, states, t, title, say, failed }) {
  let items = [];
  const name = `finding-${++count}`;
  const list = make("ul", { className: "chosen" });
  const none = make("p", { className: "hint" });
  const box = combobox({ find, say, failed, matches: (found) => t().matches(found), choose });

  function choose(option, shift) {
    const absent = states && shift;
    const before = items.find(({ id }) => id === option.id);
    if (before) before.absent = absent;
    else items.push({ id: option.id, label: option.label, lang: option.lang, absent });
    say(t().added(option.label));
    draw();
  }

  function draw() {
    list.setAttribute("aria-label", t().chosen(title()));
    none.textContent = t().none;
    none.hidden = items.length > 0;
    list.hidden = items.length === 0;
    list.replaceChildren(...items.map(line));
  }

  function line(item, i) {
    const foreign = item.lang !== undefined && item.lang !== document.documentElement.lang;
    const remove = make("button", { type: "button", "aria-label": t().remove(item.label) }, "×");
    remove.addEventListener("click", () => {
      items = items.filter((other) => other !== item);
      say(t().removed(item.label));
      draw();
      (list.querySelectorAll("button")[Math.min(i, items.length - 1)] ?? box.input).focus();
    });
    const label = make("span", { lang: item.lang }, item.label);
    const row = make(
      "li",
      { "data-id": item.id },
      make("div", { className: "name" }, label, foreign && make("span", { className: "detail" }, ` (${t().english})`)),
      states && state(item, i, () => row.classList.toggle("absent", item.absent)),
      remove,
    );
    row.classList.toggle("absent", item.absent);
    return row;
  }

  function state(item, i, changed) {
    const radio = (absent, text) => {
      const input = make("input", { type: "radio", name: `${name}-${i}`, checked: item.absent === absent });
      input.addEventListener("change", () => {
        item.absent = absent;
        changed();
      });
      return make("label", {}, input, text);
    };
    const group = make("div", { className: "state", role: "radiogroup", "aria-label": t().stateOf(item.label) });
    group.append(radio(false, t().present), radio(true, t().absent));
    return group;
  }

  function relabel() {
    box.relabel({ label: title(), hint: states ? `${t().findHint} ${t().absentHint}` : t().findHint });
    draw();
  }

  box.element.append(none, list);
  relabel();
  return {
    element: box.element,
    input: box.input,
    chosen: () => items.map(({ id, absent }) => ({ id, absent })),
    clear() {
      items = [];
      draw();
    },
    /** @param labels id → { label, lang } */
    translate(labels) {
      items = items.map((item) => ({ ...item, ...labels.get(item.id) }));
      relabel();
    },
  };
}
