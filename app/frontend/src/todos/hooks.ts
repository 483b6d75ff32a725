import { useEffect, useState, useSyncExternalStore } from "react";
import { Failure } from "./failure";
import { type TodoList, TodoStore } from "./store";

/** A store that reads the list when the component appears, and its current list. */
export function useTodos(): [TodoStore, TodoList] {
  const [store] = useState(() => new TodoStore());
  useEffect(() => {
    void store.reload();
    return () => store.stop();
  }, [store]);
  return [store, useSyncExternalStore(store.subscribe, store.snapshot, store.snapshot)];
}

const never = (): (() => void) => () => {};

/** False on the server and until the page reacts to input. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}

export interface Action {
  readonly pending: boolean;
  readonly failure: Failure | undefined;
  /** Runs `work`, unless an earlier one is under way, and returns whether it succeeded. */
  run(work: () => Promise<void>): Promise<boolean>;
}

/** One request at a time, with its progress and its failure. */
export function useAction(): Action {
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<Failure>();

  const run = async (work: () => Promise<void>): Promise<boolean> => {
    if (pending) {
      return false;
    }
    setPending(true);
    setFailure(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) {
        throw error;
      }
      setFailure(error);
      return false;
    } finally {
      setPending(false);
    }
  };
  return { pending, failure, run };
}
