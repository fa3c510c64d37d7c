/** Path among a run's artifacts of what is known of its validation patients' probabilities. */
export const SUMMARY_FILE = "predictions/summary.bin";
