import { type RefObject, useEffect, useRef } from "react";
import type { Todo, TodoChange, TodoPage } from "@/todos/api";
import { useAction } from "@/todos/hooks";
import type { TodoStore } from "@/todos/store";
import { ActionNotice } from "./action-notice";
import { TodoRow } from "./todo-row";

interface Props {
  readonly page: TodoPage;
  readonly store: TodoStore;
  /** Where the focus goes when the last todo is deleted. */
  readonly inputRef: RefObject<HTMLInputElement | null>;
  readonly announce: (message: string) => void;
  readonly onReload: () => void;
}

/** The todos that are loaded, and the way to the others. */
export function TodoList({ page: { items, total }, store, inputRef, announce, onReload }: Props) {
  const rows = useRef<HTMLUListElement>(null);
  const moreButton = useRef<HTMLButtonElement>(null);
  const expectMore = useFocusOnFirstNew(rows, moreButton, items.length);
  const { pending, failure, run } = useAction();

  async function change(todo: Todo, wanted: TodoChange): Promise<void> {
    await store.change(todo.id, wanted);
    if (wanted.title !== undefined) {
      announce(`Renamed to ${wanted.title}`);
    } else {
      announce(`${todo.title} is ${wanted.completed ? "done" : "not done"}`);
    }
  }

  async function remove(todo: Todo, index: number): Promise<void> {
    const buttons = rows.current?.querySelectorAll<HTMLElement>("[data-delete]") ?? [];
    const neighbour = buttons[index + 1] ?? buttons[index - 1] ?? inputRef.current;
    await store.remove(todo.id);
    announce(`Deleted ${todo.title}`);
    if (document.activeElement === document.body || document.activeElement === buttons[index]) {
      neighbour?.focus();
    }
  }

  async function loadMore(): Promise<void> {
    expectMore();
    await store.loadMore();
    const now = store.snapshot();
    if (now.status === "ready") {
      announce(`Showing ${now.items.length} of ${now.total}`);
    }
  }

  if (total === 0) {
    return (
      <div className="empty">
        <p className="lead">Nothing to do yet</p>
        <p>Write your first todo above.</p>
      </div>
    );
  }
  return (
    <>
      <ul className="rows" ref={rows}>
        {items.map((todo, index) => (
          <TodoRow
            key={todo.id}
            todo={todo}
            onChange={(wanted) => change(todo, wanted)}
            onDelete={() => remove(todo, index)}
            onReload={onReload}
          />
        ))}
      </ul>
      <ActionNotice failure={failure} onReload={onReload} />
      {items.length < total && (
        <button
          className="more"
          type="button"
          ref={moreButton}
          onClick={() => void run(loadMore)}
          aria-disabled={pending}
          aria-busy={pending}
        >
          Load more
        </button>
      )}
      <p className="count">{items.length < total ? `${items.length} of ${total} todos` : counted(total)}</p>
    </>
  );
}

function counted(total: number): string {
  return total === 1 ? "1 todo" : `${total} todos`;
}

/** After the returned function was called, the focus moves from the button to the first row that comes. */
function useFocusOnFirstNew(
  rows: RefObject<HTMLElement | null>,
  button: RefObject<HTMLElement | null>,
  length: number,
): () => void {
  const expected = useRef<number>(undefined);

  useEffect(() => {
    const first = expected.current;
    if (first === undefined || length <= first) {
      return;
    }
    expected.current = undefined;
    if (document.activeElement === document.body || document.activeElement === button.current) {
      rows.current?.children[first]?.querySelector("input")?.focus({ preventScroll: true });
    }
  }, [rows, button, length]);

  return () => {
    expected.current = length;
  };
}
