/** Okabe and Ito's colours, told apart with every common kind of colour blindness. */
export const COLOURS = {
  blue: "#0072B2",
  orange: "#D55E00",
  text: "#222222",
  quiet: "#666666",
} as const;
