import { useCallback, useEffect, useState } from "react";

/** A choice of the person that outlives the page; without storage (private windows) it lives as long as the page. */
export function usePreference<T extends string>(name: string, fallback: T): [T, (value: T) => void] {
  const key = `animula.${name}`;
  const [value, setValue] = useState<T>(() => {
    try {
      return (localStorage.getItem(key) as T | null) ?? fallback;
    } catch {
      return fallback;
    }
  });
  const set = useCallback(
    (next: T) => {
      setValue(next);
      try {
        localStorage.setItem(key, next);
      } catch {
        // No storage: the choice holds until the page is left.
      }
    },
    [key],
  );
  return [value, set];
}

/** Whether the system asks for dark. */
export function useSystemDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const follow = (): void => setDark(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  return dark;
}
