//! One-way latencies: over the SM WAN to the premises, and over the DSP–CSP link. Transmission and waiting come on top.

use secnet_engine::Draws;
use secnet_engine::draw::Stream;
use secnet_model::SimDuration;
use secnet_wire::{Identity, Image};

const TO_PREMISES: Stream = Stream::named("csp-to-premises");
const RESPONSE_TO_DSP: Stream = Stream::named("csp-to-dsp");
const IMAGE_TO_PREMISES: Stream = Stream::named("csp-image-to-premises");
const IMAGE_REPORT_TO_DSP: Stream = Stream::named("csp-image-report-to-dsp");
const UNDELIVERABLE_TO_DSP: Stream = Stream::named("csp-undeliverable-to-dsp");

/// A shortest delay and an exponential tail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Latency {
    pub min: SimDuration,
    pub mean: SimDuration,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Latencies {
    pub draws: Draws,
    pub wan: Latency,
    pub dsp: Latency,
}

impl Latencies {
    #[inline]
    pub fn to_premises(&self, command: Identity) -> SimDuration {
        self.draw(self.wan, TO_PREMISES, command)
    }

    /// For a response or an alert passed on.
    #[inline]
    pub fn to_dsp(&self, message: Identity) -> SimDuration {
        self.draw(self.dsp, RESPONSE_TO_DSP, message)
    }

    /// For word of a command that could not be delivered.
    #[inline]
    pub fn undeliverable_to_dsp(&self, command: Identity) -> SimDuration {
        self.draw(self.dsp, UNDELIVERABLE_TO_DSP, command)
    }

    /// From an image's last block to when its hub has it.
    pub fn image_to_premises(&self, image: &Image) -> SimDuration {
        let [id, n] = image.identity();
        self.draw(self.wan, IMAGE_TO_PREMISES, Identity { id, n })
    }

    /// For word of an image.
    pub fn image_report_to_dsp(&self, image: &Image) -> SimDuration {
        let [id, n] = image.identity();
        self.draw(self.dsp, IMAGE_REPORT_TO_DSP, Identity { id, n })
    }

    #[inline]
    fn draw(&self, latency: Latency, stream: Stream, key: Identity) -> SimDuration {
        self.draws.delay(latency.min, latency.mean, stream, key.id, key.n)
    }
}
