/** Line icons, 16 × 16. They say nothing alone: the button around them has the words. */
const shapes = {
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  check: "M3.5 8.5l3 3 6-7",
  undo: "M6 3L3 6l3 3M3 6h6.5a3.5 3.5 0 010 7H7",
  redo: "M10 3l3 3-3 3M13 6H6.5a3.5 3.5 0 000 7H9",
  download: "M8 2.5v7.5M5 7.5L8 10.5l3-3M3 13h10",
  upload: "M8 10.5V3M5 6l3-3 3 3M3 13h10",
  search: "M7 3a4 4 0 100 8 4 4 0 000-8zM10 10l3.5 3.5",
  chevron: "M6 4l4 4-4 4",
  dice: "M3.5 3.5h9v9h-9zM6 6h.01M10 10h.01M10 6h.01M6 10h.01",
  warning: "M8 2.5l6 11H2zM8 6.5v3.2M8 11.7h.01",
  info: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM8 7.5v3.5M8 5h.01",
  error: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM8 5v3.7M8 11h.01",
  sun: "M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M13 9.5A5.5 5.5 0 116.5 3 4.4 4.4 0 0013 9.5z",
  person: "M8 2.5a2.6 2.6 0 100 5.2 2.6 2.6 0 000-5.2zM3 13.5c.4-2.9 2.3-4.2 5-4.2s4.6 1.3 5 4.2",
  surface: "M2.5 10.5L8 13.5l5.5-3M2.5 7.8L8 10.8l5.5-3M8 2.5L2.5 5.3 8 8.2l5.5-2.9z",
  scene: "M2.5 13L6.3 6.5 9 10.5l1.6-2.2L13.5 13zM11.3 3.2a1.3 1.3 0 100 2.6 1.3 1.3 0 000-2.6z",
  other: "M8 2.5l4.8 2.7v5.6L8 13.5l-4.8-2.7V5.2zM3.2 5.2L8 8l4.8-2.8M8 8v5.5",
  external: "M9 3h4v4M13 3L7.5 8.5M11.5 9.5v3.2H3.3V4.5h3.2",
  folder: "M2.5 12.5v-8h4l1.3 1.6h5.7v6.4z",
  image: "M2.5 3.5h11v9h-11zM2.5 11l3.3-3 2.7 2.2 1.8-1.6 3.2 2.6M10.6 6.2h.01",
  revert: "M3 3.5v3.2h3.2M3.2 6.7A5.2 5.2 0 118 13.2 5.2 5.2 0 013.4 10",
  chat: "M3 3.5h10v7.3H8L5 13.2v-2.4H3z",
  voice: "M8 2.2a2 2 0 00-2 2v3.6a2 2 0 004 0V4.2a2 2 0 00-2-2zM3.8 7.3a4.2 4.2 0 008.4 0M8 11.5v2.3M5.8 13.8h4.4",
  send: "M2.5 3l11 5-11 5 1.8-5zM4.3 8h5",
  tag: "M2.8 2.8h5l5.6 5.6-5 5-5.6-5.6zM5.4 5.4h.01",
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="an-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}
