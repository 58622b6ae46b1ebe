// A Cloudflare Worker.
import { exercise } from "./exercise.mjs";

export default {
  async fetch(request) {
    return Response.json(await exercise(await request.json()));
  },
};
