//! How often the DSP gave which answer at its door.

use secnet_accounts::figures::{Figures, Key};
use secnet_accounts::{Part, figures};
use secnet_model::ResponseCode;
use secnet_topology::World;
use secnet_wire::Answer;
use serde::{Deserialize, Serialize};

/// By response code; I99 for accepted requests.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Answers {
    by_code: [u64; ResponseCode::ALL.len()],
}

figures! {
    /// The DSP's overload.
    struct Overload: "DSP's overload" in "dsp" {
        /// Requests answered "Busy".
        busy_answers: sum "answers" says "Busy answers of the DSP" tells held_back overload,
    }
}

figures! {
    /// The DSP's answers but "Busy".
    struct WithCode: "DSP's answers" in "dsp" {
        /// Answers with this code; I99 for accepted requests.
        answers: sum "answers" if nonzero,
    }
}

impl Answers {
    #[inline]
    pub fn count(&mut self, answer: Answer) {
        self.by_code[answer.code() as usize] += 1;
    }
}

impl Part for Answers {
    fn figures(&self, _world: &World, figures: &mut Figures) {
        let busy_answers = self.by_code[ResponseCode::Busy as usize];
        figures.put(Key::Whole, &Overload { busy_answers });
        for code in ResponseCode::ALL {
            if code != ResponseCode::Busy {
                let answers = self.by_code[code as usize];
                figures.put(Key::ResponseCode(code), &WithCode { answers });
            }
        }
    }
}
