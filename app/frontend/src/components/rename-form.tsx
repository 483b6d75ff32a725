import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useAction } from "@/todos/hooks";
import { titleProblem } from "@/todos/title";
import { ActionNotice } from "./action-notice";

interface Props {
  readonly title: string;
  readonly onSave: (title: string) => Promise<void>;
  /** Called when the title is saved, unchanged or given up. */
  readonly onClose: () => void;
  readonly onReload: () => void;
}

/** Takes a todo's new title in the todo's own place. Enter saves, Escape gives up. */
export function RenameForm({ title, onSave, onClose, onReload }: Props) {
  const [text, setText] = useState(title);
  const [problem, setProblem] = useState<string>();
  const { pending, failure, run } = useAction();
  const input = useRef<HTMLInputElement>(null);
  const problemId = useId();

  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    input.current?.focus();
    const found = titleProblem(text);
    setProblem(found);
    if (found !== undefined) {
      return;
    }
    if (text.trim() === title || (await run(() => onSave(text.trim())))) {
      onClose();
    }
  }

  function closeOnEscape(event: KeyboardEvent): void {
    if (event.key === "Escape" && !event.nativeEvent.isComposing) {
      onClose();
    }
  }

  return (
    <form className="rename" onSubmit={(event) => void submit(event)} aria-busy={pending} noValidate>
      <div className="field">
        <input
          ref={input}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={closeOnEscape}
          readOnly={pending}
          autoComplete="off"
          enterKeyHint="done"
          aria-label={`New title for ${title}`}
          aria-invalid={problem !== undefined}
          aria-describedby={problem && problemId}
        />
        <button className="primary" type="submit" aria-disabled={pending}>
          Save
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
      {problem && (
        <p className="problem" id={problemId} role="alert">
          {problem}
        </p>
      )}
      <ActionNotice failure={failure} onReload={onReload} />
    </form>
  );
}
