import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { Todo, TodoChange } from "@/todos/api";
import { useAction } from "@/todos/hooks";
import { ActionNotice } from "./action-notice";
import { BinIcon, PencilIcon } from "./icons";
import { RenameForm } from "./rename-form";

interface Props {
  readonly todo: Todo;
  readonly onChange: (change: TodoChange) => Promise<void>;
  readonly onDelete: () => Promise<void>;
  readonly onReload: () => void;
}

/** One todo: done or not, its title, and what can be done with it. */
export function TodoRow({ todo, onChange, onDelete, onReload }: Props) {
  const { pending, failure, run } = useAction();
  const [renaming, setRenaming] = useState(false);
  const renameButton = useRef<HTMLButtonElement>(null);

  function closeRename(): void {
    flushSync(() => setRenaming(false));
    renameButton.current?.focus();
  }

  if (renaming) {
    return (
      <li className="row">
        <RenameForm
          title={todo.title}
          onSave={(title) => onChange({ title })}
          onClose={closeRename}
          onReload={onReload}
        />
      </li>
    );
  }
  return (
    <li className="row" aria-busy={pending}>
      <div className="todo">
        <label className={todo.completed ? "done" : undefined}>
          <input
            type="checkbox"
            checked={todo.completed}
            onChange={() => void run(() => onChange({ completed: !todo.completed }))}
            aria-disabled={pending}
          />
          <span className="title">{todo.title}</span>
        </label>
        {todo.due_on && (
          <time className="due" dateTime={todo.due_on}>
            Due {todo.due_on}
          </time>
        )}
        <button
          className="icon"
          type="button"
          ref={renameButton}
          onClick={() => setRenaming(true)}
          aria-label={`Rename ${todo.title}`}
          title="Rename"
        >
          <PencilIcon />
        </button>
        <button
          className="icon danger"
          type="button"
          data-delete
          onClick={() => void run(onDelete)}
          aria-disabled={pending}
          aria-label={`Delete ${todo.title}`}
          title="Delete"
        >
          <BinIcon />
        </button>
      </div>
      <ActionNotice failure={failure} onReload={onReload} />
    </li>
  );
}
