"use strict";
(() => {
  document.documentElement.classList.add("scripted");
  const scenarios = [...document.querySelectorAll("details.scenario")];
  const form = document.querySelector("form.filter");
  const chapter = (each) => each.closest("section.feature").querySelector("h3").textContent;
  const words = new Map(scenarios.map((each) => [each, `${chapter(each)} ${each.textContent}`.toLowerCase()]));

  const open = (target) => {
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  };

  const filter = () => {
    const wanted = new FormData(form);
    const text = wanted.get("text").trim().toLowerCase().split(/\s+/);
    const statuses = wanted.getAll("status");
    const has = (list, name) => !name || list.split(" ").includes(name);
    let shown = 0;
    for (const each of scenarios) {
      each.hidden = !(
        statuses.includes(each.dataset.status) &&
        has(each.dataset.tags, wanted.get("tag")) &&
        has(each.dataset.requirements, wanted.get("requirement")) &&
        text.every((word) => words.get(each).includes(word))
      );
      shown += each.hidden ? 0 : 1;
    }
    for (const part of document.querySelectorAll(".rule, section.feature"))
      part.hidden = !part.querySelector("details.scenario:not([hidden])");
    form.querySelector("output").value = `${shown} of ${scenarios.length} scenarios`;
  };

  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      filter();
    }
    open(target);
    target.scrollIntoView();
  };

  if (form) {
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    for (const button of form.querySelectorAll("[data-open]"))
      button.addEventListener("click", () => {
        for (const each of scenarios) if (!each.hidden) each.open = button.dataset.open === "all";
      });
    filter();
  }
  addEventListener("hashchange", follow);
  follow();

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:is(.scenario, .chapter):not([open])")];
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
  });
})();
