import { useEffect, useState } from "react";
import { Icon } from "./icons.tsx";
import { useHost } from "./hooks.ts";

interface ThumbProps {
  readonly sha256: string;
  readonly alt: string;
  /** Side in CSS pixels; without it the picture fills its place. */
  readonly size?: number;
}

/** A picture of the service by its hash; a quiet placeholder while there is none or where it cannot be shown. */
export function Thumb({ sha256, alt, size }: ThumbProps) {
  const { client } = useHost();
  const [broken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [sha256]);
  const style = size === undefined ? undefined : { width: size, height: size };
  if (sha256 === "" || broken) {
    return (
      <span
        className="an-thumb an-blank"
        style={style}
        role={alt === "" ? undefined : "img"}
        aria-label={alt || undefined}
      >
        <Icon name="image" />
      </span>
    );
  }
  return (
    <img
      className="an-thumb"
      style={style}
      src={client.assetUrl(sha256)}
      alt={alt}
      loading="lazy"
      decoding="async"
      draggable={false}
      data-sha256={sha256}
      onError={() => setBroken(true)}
    />
  );
}
