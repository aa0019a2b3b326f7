//! The value axis: round steps that hold all values, and where a value lies. Pure.

use maud::{Markup, html};

use super::{Size, real, xy};
use crate::format::Unit;

/// Round steps from `low` to `high`, both included, which hold 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// The lowest step.
    pub low: i64,
    /// The highest step.
    pub high: i64,
    /// The distance of two steps.
    pub step: i64,
}

impl Scale {
    /// At most six steps of 1, 2, 2.5 or 5 times a power of ten over the values and 0.
    pub fn over(values: impl Iterator<Item = i64>) -> Self {
        let (mut least, mut most) = (0, 0);
        for value in values {
            least = least.min(value);
            most = most.max(value);
        }
        let span = i128::from(most) - i128::from(least);
        let step = round_step(span.max(1));
        let floor = i128::from(least).div_euclid(step) * step;
        let ceiling = (i128::from(most) + step - 1).div_euclid(step) * step;
        let high = if ceiling == floor { floor + step } else { ceiling };
        let fit = |value: i128| i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX });
        Self { low: fit(floor), high: fit(high), step: fit(step) }
    }

    /// The steps, from the lowest.
    pub fn steps(&self) -> impl Iterator<Item = i64> + use<> {
        let (high, step) = (self.high, self.step);
        std::iter::successors(Some(self.low), move |at| at.checked_add(step).filter(|next| *next <= high))
    }

    /// Where a value lies between `bottom` and `top`.
    pub fn at(&self, value: i64, bottom: f64, top: f64) -> f64 {
        let span = real(self.high) - real(self.low);
        bottom + (real(value) - real(self.low)) / span * (top - bottom)
    }

    /// Lines and labels of the steps, for a plot from `left` to `right`.
    pub(crate) fn grid(&self, unit: Unit, plot: &Plot) -> Markup {
        html! {
            g.grid aria-hidden="true" {
                @for step in self.steps() {
                    @let y = self.at(step, plot.bottom, plot.top);
                    line class=[(step == 0).then_some("zero")] x1=(xy(plot.left)) x2=(xy(plot.right)) y1=(xy(y)) y2=(xy(y)) {}
                    text x=(xy(plot.left - 8.0)) y=(xy(y + 4.0)) text-anchor="end" { (unit.show_short(step)) }
                }
            }
        }
    }
}

fn round_step(span: i128) -> i128 {
    let mut power: i128 = 1;
    loop {
        for (factor, divisor) in [(1, 1), (2, 1), (5, 2), (5, 1)] {
            let step = power * factor / divisor;
            // 2.5 is no whole number at the lowest power.
            if power * factor % divisor == 0 && step * 5 >= span {
                return step;
            }
        }
        power *= 10;
    }
}

/// The inner rectangle of a drawing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plot {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Plot {
    /// The rectangle that leaves room for the labels of both axes.
    pub fn of(size: Size, height: f64) -> Self {
        Self { left: 84.0, right: size.width() - 34.0, top: 14.0, bottom: height - 32.0 }
    }
}

/// Which of `count` labels are written, so that at most `most` are: every n-th, counted from the last one.
pub(crate) fn is_written(at: usize, count: usize, most: usize) -> bool {
    let every = count.div_ceil(most.max(1)).max(1);
    (count - 1 - at).is_multiple_of(every)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(Scale::over([3, 97].into_iter()), Scale { low: 0, high: 100, step: 20 });
        assert_eq!(Scale::over([-30, 110].into_iter()), Scale { low: -50, high: 150, step: 50 });
        assert_eq!(Scale::over(std::iter::empty()), Scale { low: 0, high: 1, step: 1 });
        assert_eq!(Scale::over([0, 12_500].into_iter()).step, 2_500);
    }

    proptest! {
        #[test]
        fn all_values_lie_within_few_steps(values in proptest::collection::vec(-1_000_000_000_000_i64..1_000_000_000_000, 0..20)) {
            let scale = Scale::over(values.iter().copied());
            prop_assert!(scale.low <= 0 && scale.high >= 0 && scale.high > scale.low);
            prop_assert!(values.iter().all(|value| (scale.low..=scale.high).contains(value)));
            prop_assert!((2..=8).contains(&scale.steps().count()));
        }
    }
}
