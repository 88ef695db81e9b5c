/** Style of what hangs over heads. Everything is under one class, so that it meets no style of the game's page. */
export const overlayCss = /* css */ `
.animula-overlay { position: absolute; inset: 0; overflow: hidden; pointer-events: none; contain: strict;
  font: 500 13px/1.35 ui-rounded, "SF Pro Rounded", "Nunito", "Segoe UI", system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; }
.animula-overlay * { box-sizing: border-box; }
.animula-label { position: absolute; left: 0; top: 0; display: flex; flex-direction: column; align-items: center; gap: 6px;
  will-change: transform; transform-origin: 50% 100%; transition: opacity .25s; }
.animula-label[hidden] { display: none; }
.animula-frame { position: relative; width: 84px; height: 84px; padding: 4px; border-radius: 20px;
  background: linear-gradient(145deg, #ffe9b8, #c98a3c 45%, #7a4b1e 60%, #f6cf8a);
  box-shadow: 0 8px 22px rgb(40 20 10 / .42), inset 0 0 0 1px rgb(255 250 230 / .55); }
.animula-frame::after { content: ""; position: absolute; left: 50%; bottom: -6px; width: 12px; height: 12px;
  transform: translateX(-50%) rotate(45deg); background: #c98a3c; border-radius: 2px; z-index: -1; }
.animula-frame img { display: block; width: 100%; height: 100%; object-fit: cover; border-radius: 16px; background: #2b2320;
  animation: animula-reveal .5s cubic-bezier(.2, .9, .3, 1.2); }
.animula-frame.animula-empty { display: none; }
.animula-label[data-pending] .animula-frame { display: block; }
.animula-label[data-pending] .animula-frame::before { content: ""; position: absolute; inset: 4px; z-index: 1; border-radius: 16px;
  background: linear-gradient(110deg, transparent 30%, rgb(255 244 214 / .75) 50%, transparent 70%) 0 0 / 250% 100%, rgb(43 35 32 / .55);
  animation: animula-shimmer 1.3s linear infinite; }
.animula-name { max-width: 220px; padding: 3px 11px 4px; border-radius: 999px; color: #fff8ea; letter-spacing: .01em;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; text-shadow: 0 1px 2px rgb(0 0 0 / .4);
  background: rgb(38 26 32 / .62); backdrop-filter: blur(6px); border: 1px solid rgb(255 233 190 / .28); }
.animula-bubble { position: relative; max-width: 240px; padding: 8px 13px 9px; border-radius: 16px; color: #2a1f1a;
  background: rgb(255 251 243 / .96); box-shadow: 0 6px 18px rgb(40 20 10 / .28); overflow-wrap: anywhere; white-space: pre-wrap;
  animation: animula-reveal .28s cubic-bezier(.2, .9, .3, 1.25); transition: opacity .4s; }
.animula-bubble::after { content: ""; position: absolute; left: 50%; bottom: -5px; width: 12px; height: 12px;
  transform: translateX(-50%) rotate(45deg); background: inherit; border-radius: 2px; }
.animula-notice { position: absolute; top: 14px; left: 50%; transform: translateX(-50%); padding: 7px 16px; border-radius: 999px;
  color: #fff8ea; background: rgb(38 26 32 / .82); border: 1px solid rgb(255 233 190 / .3); }
.animula-notice[hidden] { display: none; }
@keyframes animula-reveal { from { opacity: 0; transform: scale(.82) translateY(6px); } }
@keyframes animula-shimmer { from { background-position: 150% 0, 0 0; } to { background-position: -100% 0, 0 0; } }
@media (prefers-reduced-motion: reduce) { .animula-overlay * { animation: none !important; transition: none !important; } }
`;
