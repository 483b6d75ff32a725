"use client";

import { useRef, useState } from "react";
import { useTodos } from "@/todos/hooks";
import { AddForm } from "./add-form";
import { Notice } from "./notice";
import { TodoList } from "./todo-list";

/** The whole page: the form for a new todo, the list in each of its states, and what screen readers are told. */
export function TodoApp() {
  const [store, list] = useTodos();
  const [news, setNews] = useState({ number: 0, message: "" });
  const input = useRef<HTMLInputElement>(null);
  const section = useRef<HTMLElement>(null);

  const announce = (message: string): void => setNews(({ number }) => ({ number: number + 1, message }));

  async function add(title: string, dueOn?: string): Promise<void> {
    await store.add(title, dueOn);
    announce(`Added ${title}`);
  }

  function reload(): void {
    // The button that was pressed goes away: keep the keyboard's place.
    section.current?.focus();
    void store.reload();
  }

  return (
    <>
      <AddForm inputRef={input} onAdd={add} onReload={reload} />
      <section aria-label="Your todos" aria-busy={list.status === "loading"} ref={section} tabIndex={-1}>
        {list.status === "loading" && <p className="loading">Loading…</p>}
        {list.status === "failed" && <Notice failure={list.failure} remedy={{ label: "Try again", act: reload }} />}
        {list.status === "ready" && (
          <TodoList page={list} store={store} inputRef={input} announce={announce} onReload={reload} />
        )}
      </section>
      {/* A new key makes a message that repeats the last one heard again. */}
      <output className="visually-hidden">
        <span key={news.number}>{news.message}</span>
      </output>
    </>
  );
}
