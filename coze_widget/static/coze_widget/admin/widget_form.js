/* Niceties of a widget's form in the admin. Without this script all of it works too. */
(() => {
  "use strict";

  // Which fields matter under which choice; a row with an error always shows.
  const RELEVANT = {
    mode: { bot: ["bot_id"], app: ["app_id", "workflow_id", "app_version"] },
    guests: { isolated: ["guest_days"] },
  };

  // Empty in the database of the other mode, so the form itself cannot require them.
  const REQUIRED = ["bot_id", "app_id", "workflow_id"];

  const rowOf = (name) => document.querySelector(`.form-row.field-${name}`);

  function showRelevant(select, choices) {
    for (const [choice, names] of Object.entries(choices)) {
      for (const name of names) {
        const row = rowOf(name);
        if (row) {
          const holdsError = row.querySelector(".errorlist") !== null;
          row.hidden = choice !== select.value && !holdsError;
          if (REQUIRED.includes(name)) {
            letRequire(row, choice === select.value);
          }
        }
      }
    }
  }

  function letRequire(row, isRequired) {
    // A project may have made the id read-only.
    for (const input of row.querySelectorAll("input")) {
      input.required = isRequired;
      row.querySelector("label").classList.toggle("required", isRequired);
    }
  }

  function followChoices() {
    for (const [name, choices] of Object.entries(RELEVANT)) {
      const select = document.getElementById(`id_${name}`);
      if (select) {
        select.addEventListener("change", () => showRelevant(select, choices));
        showRelevant(select, choices);
      }
    }
  }

  function makeButton(text, className, onClick) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = className;
    button.textContent = text;
    button.addEventListener("click", onClick);
    return button;
  }

  const inputsOf = (row) => [...row.querySelectorAll("input")];

  const isEmpty = (input) => (input.type === "checkbox" ? !input.checked : input.value === "");

  function empty(row) {
    for (const input of inputsOf(row)) {
      if (input.type === "checkbox") {
        input.checked = false;
      } else {
        input.value = "";
      }
    }
  }

  // A row goes by being emptied: numbers stay as they are.
  function removeRow(row) {
    empty(row);
    row.hidden = true;
  }

  function letRemove(row, text) {
    const button = makeButton("×", "coze-links-remove", () => removeRow(row));
    button.setAttribute("aria-label", text);
    button.title = text;
    row.append(button);
  }

  function addRow(rows, button) {
    const last = rows.querySelector(".coze-links-row:last-of-type");
    const row = last.cloneNode(true);
    row.hidden = false;
    empty(row);
    for (const input of inputsOf(row)) {
      input.name = input.name.replace(/-(\d+)-(\w+)$/, (_all, number, part) => `-${Number(number) + 1}-${part}`);
    }
    row.querySelector(".coze-links-remove").remove();
    letRemove(row, rows.dataset.remove);
    rows.insertBefore(row, button);
    inputsOf(row)[0].focus();
  }

  function editLinks(rows) {
    for (const row of rows.querySelectorAll(".coze-links-row")) {
      letRemove(row, rows.dataset.remove);
      row.hidden = inputsOf(row).every(isEmpty);
    }
    const add = makeButton(rows.dataset.add, "coze-links-add button", () => addRow(rows, add));
    rows.append(add);
  }

  function letCopy(tag) {
    const copy = () =>
      navigator.clipboard.writeText(tag.textContent).then(() => {
        button.textContent = tag.dataset.copied;
      }, () => window.getSelection().selectAllChildren(tag));
    const button = makeButton(tag.dataset.copy, "coze-copy button", copy);
    // Only secure contexts have a clipboard.
    if (navigator.clipboard) {
      tag.after(button);
    }
  }

  followChoices();
  document.querySelectorAll(".coze-links").forEach(editLinks);
  document.querySelectorAll(".coze-tag").forEach(letCopy);
})();
