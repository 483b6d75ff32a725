import { type FormEvent, type RefObject, useState } from "react";
import { useAction, useHydrated } from "@/todos/hooks";
import { titleProblem } from "@/todos/title";
import { ActionNotice } from "./action-notice";

interface Props {
  readonly inputRef: RefObject<HTMLInputElement | null>;
  readonly onAdd: (title: string, dueOn?: string) => Promise<void>;
  readonly onReload: () => void;
}

/** Takes a new todo; the text stays until the server has stored it. */
export function AddForm({ inputRef, onAdd, onReload }: Props) {
  const [title, setTitle] = useState("");
  const [dueOn, setDueOn] = useState("");
  const [problem, setProblem] = useState<string>();
  const { pending, failure, run } = useAction();
  const hydrated = useHydrated();

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    inputRef.current?.focus();
    const found = titleProblem(title);
    setProblem(found);
    if (found === undefined && (await run(() => onAdd(title.trim(), dueOn || undefined)))) {
      setTitle("");
      setDueOn("");
    }
  }

  return (
    <form className="add" onSubmit={(event) => void submit(event)} aria-busy={pending} noValidate>
      <label htmlFor="new-todo">New todo</label>
      <div className="field">
        <input
          id="new-todo"
          ref={inputRef}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
          readOnly={pending}
          disabled={!hydrated}
          autoComplete="off"
          enterKeyHint="done"
          aria-invalid={problem !== undefined}
          aria-describedby={problem && "new-todo-problem"}
        />
        <button className="primary" type="submit" disabled={!hydrated} aria-disabled={pending}>
          Add
        </button>
      </div>
      <div className="due">
        <label htmlFor="new-todo-due">Due on</label>
        <input
          id="new-todo-due"
          type="date"
          value={dueOn}
          onChange={(event) => setDueOn(event.target.value)}
          readOnly={pending}
          disabled={!hydrated}
        />
      </div>
      {problem && (
        <p className="problem" id="new-todo-problem" role="alert">
          {problem}
        </p>
      )}
      <ActionNotice failure={failure} onReload={onReload} />
    </form>
  );
}
