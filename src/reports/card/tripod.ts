/**
 * The items of TRIPOD+AI (Collins et al., BMJ 2024;385:e078378), 27 with 52 parts, in our words: what each asks, and who can say
 * what a run cannot.
 */
export interface TripodItem {
  readonly id: string;
  readonly section: string;
  readonly asks: string;
  /** D: of a model's development; E: of its evaluation. */
  readonly of: "D" | "E" | "D;E";
  readonly who: string;
}

const TEAM = "the study team";
const CLINIC = "a clinician of the field";
const DATA = "who collected the data";
const LAW = "the principal investigator";

type Row = readonly [id: string, asks: string, who: string, of?: "D" | "E"];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  Title: [["1", "that a prediction model is developed or evaluated, for whom, of what outcome", TEAM]],
  Abstract: [["2", "a structured summary (TRIPOD+AI for Abstracts)", TEAM]],
  Introduction: [
    ["3a", "the medical context, diagnosis or prognosis, why a model, which models there are", CLINIC],
    ["3b", "for which patients, at which point of care, for what purpose, by which users", CLINIC],
    ["3c", "known inequalities in health between groups of people", CLINIC],
    ["4", "the aims: development, evaluation, or both", TEAM],
  ],
  Methods: [
    ["5a", "where the data come from, why these, whom they represent", DATA],
    ["5b", "the dates of the data: first and last patient, end of follow-up", DATA],
    ["6a", "the setting: kind of care, number and place of centres", DATA],
    ["6b", "which patients were eligible", DATA],
    ["6c", "treatments that patients had, and how they were dealt with", DATA],
    ["7", "preparation and checks of the data, and whether alike for all groups", TEAM],
    ["8a", "the outcome: definition, time, how and when it was found, why this one", CLINIC],
    ["8b", "who judged the outcome, where it needs judgement", DATA],
    ["8c", "whether they were blinded", DATA],
    ["9a", "how the predictors were chosen before the model was built", TEAM, "D"],
    ["9b", "what each predictor is, how and when it was measured, blinding", DATA],
    ["9c", "who judged predictors that need judgement", DATA],
    ["10", "how the number of patients came about, and whether it is enough", "a statistician"],
    ["11", "how missing values were dealt with, why data were left out", TEAM],
    ["12a", "which data served what, how they were divided", TEAM, "D"],
    ["12b", "how predictors were handled: form, scale, transformation", TEAM, "D"],
    ["12c", "kind of model and why, all steps of building, tuning, internal validation", TEAM, "D"],
    ["12d", "differences between centres or other clusters, how they were handled", "a statistician"],
    ["12e", "the measures and plots of performance, how models were compared", TEAM],
    ["12f", "updates of the model after its evaluation, such as recalibration", TEAM, "E"],
    ["12g", "how predictions are calculated for the evaluation", TEAM, "E"],
    ["13", "what was done about classes of unequal size, and to the probabilities after it", TEAM],
    ["14", "what was done for fairness, and why", TEAM],
    ["15", "what the model puts out, and how thresholds were chosen", TEAM, "D"],
    ["16", "differences between the data of development and of evaluation", TEAM],
    ["17", "ethics committee and consent, or their waiver", LAW],
  ],
  "Open science": [
    ["18a", "funding and the role of funders", LAW],
    ["18b", "conflicts of interest", LAW],
    ["18c", "where the protocol is, or that there is none", LAW],
    ["18d", "registration of the study, or that it was not registered", LAW],
    ["18e", "whether the data can be had", DATA],
    ["18f", "whether the code can be had", TEAM],
  ],
  "Patients and public": [["19", "their part in the study, or that they had none", LAW]],
  Results: [
    ["20a", "the flow of patients, with and without the outcome", TEAM],
    ["20b", "what the patients are like: demography, predictors, missing values, by source and group", DATA],
    ["20c", "how patients of the evaluation compare with those of development", TEAM, "E"],
    ["21", "patients and outcomes in each analysis", TEAM],
    ["22", "the whole model, so that others can predict with it, and limits to its use", TEAM, "D"],
    ["23a", "performance with intervals, in key subgroups too", TEAM],
    ["23b", "differences in performance between clusters, if looked at", "a statistician"],
    ["24", "results of an update of the model", TEAM, "E"],
  ],
  Discussion: [
    ["25", "what the results mean, fairness included, beside earlier studies", CLINIC],
    ["26", "limits of the study, and what they do to bias, uncertainty and use elsewhere", TEAM],
    ["27a", "what to do in use with input that is poor or missing", CLINIC, "D"],
    ["27b", "what users have to do and to know", CLINIC, "D"],
    ["27c", "the next steps of research", TEAM],
  ],
};

export const TRIPOD: readonly TripodItem[] = Object.entries(ROWS).flatMap(([section, rows]) =>
  rows.map(([id, asks, who, of]) => ({ id, section, asks, who, of: of ?? "D;E" })),
);
