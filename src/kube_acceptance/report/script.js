"use strict";
(() => {
  const root = document.documentElement;
  const main = document.getElementById("main");
  const keys = document.getElementById("keys");
  const form = document.getElementById("filter");
  const scenarios = [...document.querySelectorAll("details.scenario")];
  const fails = new Set(["failed", "broken", "undefined", "pending", "flaky"]);
  root.classList.add("scripted");

  const shown = () => scenarios.filter((each) => !each.hidden);
  const open = (target) => {
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  };

  // what stands in each scenario, read once
  const chapter = (each) => each.closest("section.feature").querySelector("h3").textContent;
  const words = new Map();
  const wordsOf = (each) => {
    if (!words.has(each)) words.set(each, `${chapter(each)} ${each.textContent}`.toLowerCase());
    return words.get(each);
  };
  const texts = new Map();
  const textsOf = (each) => {
    if (!texts.has(each)) {
      const walker = document.createTreeWalker(each, NodeFilter.SHOW_TEXT, (node) =>
        node.data.trim() ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP);
      const found = [];
      while (walker.nextNode()) found.push(walker.currentNode);
      texts.set(each, found);
    }
    return texts.get(each);
  };

  const wordsSought = () => form.elements.find.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const MARKED = 2000; // ranges that a browser draws without a delay
  const highlight = () => {
    const sought = wordsSought();
    for (const heading of main.querySelectorAll("[data-hits]")) delete heading.dataset.hits;
    const highlights = globalThis.CSS?.highlights;
    highlights?.delete("hit");
    if (!sought.length) return;
    const pattern = new RegExp(sought.map((word) => word.replace(/[^\p{L}\p{N}\s]/gu, "\\$&")).join("|"), "gi");
    const ranges = [];
    for (const each of shown()) {
      let hits = 0;
      for (const node of textsOf(each))
        for (const match of node.data.matchAll(pattern)) {
          hits += 1;
          if (ranges.length === MARKED) continue;
          const range = new StaticRange({
            startContainer: node, startOffset: match.index, endContainer: node, endOffset: match.index + match[0].length,
          });
          ranges.push(range);
        }
      if (hits) each.querySelector("h4, h5").dataset.hits = `${hits} ${hits === 1 ? "hit" : "hits"}`;
    }
    if (highlights) highlights.set("hit", new Highlight(...ranges));
  };

  // the filter; its state can be told as a link
  const filter = () => {
    const wanted = new FormData(form);
    const sought = wordsSought();
    const statuses = wanted.getAll("status");
    const has = (list, name) => !name || list.split(" ").includes(name);
    for (const each of scenarios)
      each.hidden = !(
        statuses.includes(each.dataset.status) &&
        has(each.dataset.tags, wanted.get("tag")) &&
        has(each.dataset.requirements, wanted.get("requirement")) &&
        sought.every((word) => wordsOf(each).includes(word))
      );
    for (const part of main.querySelectorAll(".rule, section.feature"))
      part.hidden = !part.querySelector("details.scenario:not([hidden])");
    form.querySelector("output").value = `${shown().length} of ${scenarios.length} scenarios`;
  };

  const state = () => {
    const wanted = new FormData(form);
    const said = new URLSearchParams();
    for (const name of ["find", "requirement", "tag"]) if (wanted.get(name)) said.set(name, wanted.get(name));
    const statuses = wanted.getAll("status");
    if (statuses.length < form.querySelectorAll("[name=status]").length) said.set("status", statuses.join(","));
    if (wanted.get("gaps")) said.set("gaps", "only");
    return said.toString();
  };
  const tell = () => {
    highlight();
    const said = state();
    if (said || location.hash.includes("=")) history.replaceState(null, "", `#${said}`);
  };
  const take = (said) => {
    form.reset();
    for (const name of ["find", "requirement", "tag"])
      if (said.has(name) && form.elements[name]) form.elements[name].value = said.get(name);
    if (said.has("status"))
      for (const box of form.querySelectorAll("[name=status]"))
        box.checked = said.get("status").split(",").includes(box.value);
    if (form.elements.gaps) form.elements.gaps.checked = said.has("gaps");
    filter();
    highlight();
  };
  const clear = () => {
    form.reset();
    filter();
    tell();
  };

  const follow = () => {
    const hash = location.hash.slice(1);
    if (form && hash.includes("=")) {
      take(new URLSearchParams(hash));
      return;
    }
    const target = document.getElementById(decodeURIComponent(hash));
    if (!target) return;
    open(target);
    if (form && !target.checkVisibility()) {
      form.reset();
      filter();
      highlight();
    }
    if (target.matches("tr")) for (const part of target.querySelectorAll("th details")) part.open = true;
    target.scrollIntoView();
  };

  // keys
  const go = (each, block = "nearest") => {
    each?.firstElementChild.focus({ preventScroll: true });
    each?.firstElementChild.scrollIntoView({ block });
  };
  const at = () => document.activeElement.closest("details.scenario");
  const isBelow = (each) =>
    at()
      ? at().compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING
      : each.getBoundingClientRect().top > 0;
  const next = (list) => list.find(isBelow);
  const previous = (list) => list.findLast((each) => each !== at() && !isBelow(each));
  const find = () => {
    form.elements.find.focus();
    form.elements.find.select();
  };
  const fail = () => {
    const list = shown().filter((each) => fails.has(each.dataset.status));
    const found = (at() && next(list)) || list[0];
    open(found);
    go(found, "start");
  };
  const pressed = {
    "/": find,
    j: () => go(next(shown())),
    k: () => go(previous(shown())),
    f: fail,
    "?": () => keys.showModal(),
  };
  const letters = keys.querySelector("[name=letters]");
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || keys.open) return;
    const key = event.key;
    if (key === "Escape" && form && state()) {
      clear();
      event.preventDefault();
    } else if (key === "Enter" && event.target.name === "find") {
      open(shown()[0]);
      go(shown()[0], "start");
      event.preventDefault();
    } else if (event.target.matches("summary") && at() && (key === "ArrowDown" || key === "ArrowUp")) {
      pressed[key === "ArrowDown" ? "j" : "k"]();
      event.preventDefault();
    } else if (pressed[key] && letters.checked && (form || key === "?") && !event.target.matches("input, select")) {
      pressed[key]();
      event.preventDefault();
    }
  });

  if (form) {
    let soon;
    addEventListener("input", (event) => {
      if (event.target.form !== form) return;
      filter();
      clearTimeout(soon);
      soon = setTimeout(tell, 200);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const button of form.querySelectorAll("[data-open]"))
      button.addEventListener("click", () => {
        for (const each of shown()) each.open = button.dataset.open === "all";
      });
    filter();
  }
  const deeds = { find, clear, keys: pressed["?"] };
  for (const button of document.querySelectorAll("[data-do]")) {
    button.hidden = button.dataset.do === "find" && !form;
    button.addEventListener("click", deeds[button.dataset.do]);
  }
  for (const button of document.querySelectorAll(".copy"))
    button.addEventListener("click", async () => {
      getSelection().selectAllChildren(button.nextElementSibling);
      try {
        await navigator.clipboard.writeText(button.nextElementSibling.textContent);
      } catch {
        document.execCommand("copy");
      }
      button.textContent = "Copied";
    });
  addEventListener("hashchange", follow);
  follow();

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:is(.scenario, .chapter, .printed):not([open])")];
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
  });
})();
