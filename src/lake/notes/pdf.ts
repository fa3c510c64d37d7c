import { extractText, getDocumentProxy } from "unpdf";
import { NoteProblem } from "./problem.ts";

/** Nothing is written to the terminal. */
const SILENT = 0;

/** Text of all pages, one after the other. @throws NoteProblem for a PDF that is encrypted or broken */
export async function pdfText(bytes: Uint8Array): Promise<string> {
  try {
    // A copy that is no Buffer: PDF.js takes the memory for itself.
    const pdf = await getDocumentProxy(new Uint8Array(bytes), { verbosity: SILENT });
    try {
      const { text } = await extractText(pdf, { mergePages: false });
      return text.join("\n\n");
    } finally {
      await pdf.loadingTask.destroy();
    }
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    throw new NoteProblem(name === "PasswordException" ? "the PDF is encrypted" : "the PDF is broken");
  }
}
