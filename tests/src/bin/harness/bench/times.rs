//! Times that something took, and what is said of them.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Any number of times, to three significant digits.
#[derive(Debug)]
pub struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new(3).expect("three digits are among what it can count"))
    }
}

impl Times {
    /// One more.
    pub fn push(&mut self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.record(nanoseconds.max(1)).expect("the histogram grows with its values");
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// The one in the middle; zero of nothing.
    pub fn median(&self) -> Duration {
        Duration::from_nanos(self.0.value_at_quantile(0.5))
    }

    /// The longest; zero of nothing.
    pub fn longest(&self) -> Duration {
        Duration::from_nanos(self.0.max())
    }
}

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut all = Self::default();
        times.into_iter().for_each(|time| all.push(time));
        all
    }
}
