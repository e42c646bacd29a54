// What is better with a script: the theme at once, "/" for the search box, copying, suggestions.
// Every page is complete without it, and nothing here is told to anyone but this site.
"use strict";

for (const link of document.querySelectorAll(".themes a")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const theme = link.dataset.theme;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${secure}`;
    document.documentElement.dataset.theme = theme;
    document.querySelector('meta[name="color-scheme"]').content =
      theme === "auto" ? "light dark" : theme;
    for (const other of document.querySelectorAll(".themes a")) {
      if (other === link) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
  });
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = document.querySelector('input[type="search"]');
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

for (const button of document.querySelectorAll("button[data-copies]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      button.textContent = button.dataset.done;
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
}

// Names of organisations while one types (ARIA 1.2 combobox with a list box).
class Suggestions {
  constructor(form) {
    this.form = form;
    this.box = form.querySelector('input[name="q"]');
    this.found = [];
    this.at = -1;
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = `${this.box.id}-suggestions`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", form.dataset.suggestions);
    this.box.closest(".search-row").after(this.list);
    this.box.setAttribute("role", "combobox");
    this.box.setAttribute("aria-autocomplete", "list");
    this.box.setAttribute("aria-controls", this.list.id);
    this.box.setAttribute("aria-expanded", "false");
    this.box.addEventListener("input", () => this.later());
    this.box.addEventListener("compositionend", () => this.later());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("li");
      if (option) location.assign(this.found[[...this.list.children].indexOf(option)].url);
    });
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), 180);
  }

  async ask() {
    const typed = this.box.value.trim();
    this.asked?.abort();
    if ([...typed].length < 2) return this.close();
    this.asked = new AbortController();
    try {
      const address = `${this.form.dataset.suggest}?q=${encodeURIComponent(typed)}`;
      const answer = await fetch(address, { signal: this.asked.signal, credentials: "omit" });
      if (!answer.ok) return this.close();
      const { suggestions } = await answer.json();
      if (document.activeElement === this.box) this.show(suggestions);
    } catch {
      this.close();
    }
  }

  show(suggestions) {
    this.found = suggestions.filter(({ url }) => url.startsWith("/")).slice(0, 8);
    this.at = -1;
    this.list.replaceChildren(...this.found.map(({ name, uscc }, index) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${index}`;
      option.lang = "zh-Hans";
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.append(name);
      if (uscc) option.append(Object.assign(document.createElement("small"), { textContent: uscc }));
      return option;
    }));
    this.box.removeAttribute("aria-activedescendant");
    this.list.hidden = !this.found.length;
    this.box.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  close() {
    clearTimeout(this.timer);
    this.show([]);
  }

  key(event) {
    if (event.isComposing || this.list.hidden) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      location.assign(this.found[this.at].url);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.move(event.key === "ArrowDown" ? 1 : -1);
    }
  }

  // Up and down go round through the box itself, where nothing is chosen.
  move(step) {
    const count = this.found.length + 1;
    this.at = ((this.at + 1 + step + count) % count) - 1;
    [...this.list.children].forEach((option, index) => {
      option.setAttribute("aria-selected", String(index === this.at));
    });
    if (this.at < 0) return this.box.removeAttribute("aria-activedescendant");
    this.box.setAttribute("aria-activedescendant", this.list.children[this.at].id);
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
  }
}

for (const form of document.querySelectorAll("form[data-suggest]")) new Suggestions(form);
