// A page's script.
import { exercise } from "./exercise.mjs";

window.exercise = exercise;
