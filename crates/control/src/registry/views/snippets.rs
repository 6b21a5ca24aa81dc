//! Lines to copy and run, filled in with this server's address.

use crate::Ctx;
use contract::views::common::Snippet;

/// How to push a version from a script.
pub fn push(cx: &Ctx, model: &str) -> Vec<Snippet> {
    let address = &cx.site.address;
    let snippet = |label: &str, code: String| Snippet { label: label.into(), code };
    vec![
        snippet(
            "CLI",
            format!(
                "export SLIPWAY_URL={address} SLIPWAY_TOKEN=slp_…\nslipway push {model} model.onnx \\\n  --reference reference.csv --heldback heldback.csv --label LABEL"
            ),
        ),
        snippet(
            "curl",
            format!(
                "curl {address}/api/v1/models/{model}/versions \\\n  -H \"Authorization: Bearer $SLIPWAY_TOKEN\" \\\n  -F file=@model.onnx -F reference=@reference.csv -F heldback=@heldback.csv"
            ),
        ),
        snippet(
            "Python",
            format!(
                "import os, requests\nrequests.post(\n    \"{address}/api/v1/models/{model}/versions\",\n    headers={{\"Authorization\": \"Bearer \" + os.environ[\"SLIPWAY_TOKEN\"]}},\n    files={{\"file\": open(\"model.onnx\", \"rb\"), \"reference\": open(\"reference.csv\", \"rb\"), \"heldback\": open(\"heldback.csv\", \"rb\")}},\n).raise_for_status()"
            ),
        ),
    ]
}

/// How to send true outcomes.
pub fn outcomes(cx: &Ctx) -> Vec<Snippet> {
    let address = &cx.site.address;
    vec![Snippet {
        label: "curl".into(),
        code: format!(
            "curl {address}/api/v1/outcomes \\\n  -H \"Authorization: Bearer $SLIPWAY_TOKEN\" -H \"Content-Type: application/json\" \\\n  -d '{{\"outcomes\":[{{\"prediction_id\":\"…\",\"label\":\"yes\"}}]}}'"
        ),
    }]
}
