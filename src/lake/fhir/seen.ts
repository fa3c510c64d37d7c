/** Which texts were seen, by a hash of 53 bits: some 12 to 25 bytes each, so that tens of millions fit into memory. */
export interface Seen {
  /** @returns false when it was there already */
  add(text: string): boolean;
}

const FIRST_SLOTS = 1 << 10;

export function createSeen(): Seen {
  let slots = new Float64Array(FIRST_SLOTS);
  let count = 0;

  const slotOf = (table: Float64Array, hash: number): number => {
    const mask = table.length - 1;
    let at = hash % table.length;
    while (table[at] !== 0 && table[at] !== hash) at = (at + 1) & mask;
    return at;
  };
  const grow = (): void => {
    const larger = new Float64Array(slots.length * 2);
    for (const hash of slots) if (hash !== 0) larger[slotOf(larger, hash)] = hash;
    slots = larger;
  };

  return {
    add(text) {
      const hash = hashOf(text);
      const at = slotOf(slots, hash);
      if (slots[at] === hash) return false;
      slots[at] = hash;
      if (++count * 3 > slots.length * 2) grow();
      return true;
    },
  };
}

/** cyrb53 (public domain, bryc): two lanes of 32 bits, mixed; never 0. */
function hashOf(text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0) || 1;
}
