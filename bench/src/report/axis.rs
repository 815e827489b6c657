//! From values to places between 0 and 1, and the values that a scale is marked at.

pub struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    marks: Vec<f64>,
}

impl Axis {
    /// Equal ratios are equally far apart. Its marks are powers of ten, and some between them if it would have few
    /// otherwise. None if there is no value above 0.
    pub fn logarithmic(values: impl Iterator<Item = f64>) -> Option<Self> {
        let Self { low, high, .. } = Self::unmarked(values)?;
        let steps: &[f64] = match high / low {
            width if width > 150.0 => &[1.0],
            width if width > 15.0 => &[1.0, 2.0, 5.0],
            _ => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
        };
        let exponents = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let marks = exponents
            .flat_map(|exponent| steps.iter().map(move |step| step * 10f64.powi(exponent)));
        Some(Self::marked(low, high, marks))
    }

    /// The same for bytes, marked at powers of 4, or of 2 if it would have few otherwise.
    pub fn logarithmic_bytes(values: impl Iterator<Item = f64>) -> Option<Self> {
        let Self { low, high, .. } = Self::unmarked(values)?;
        let step = if high / low > 64.0 { 2 } else { 1 };
        let marks = (0..62).step_by(step).map(|exponent| 2f64.powi(exponent));
        Some(Self::marked(low, high, marks))
    }

    /// The same, marked at the values that were measured.
    pub fn logarithmic_at(values: &[f64]) -> Option<Self> {
        let Self { low, high, .. } = Self::unmarked(values.iter().copied())?;
        Some(Self::marked(low, high, values.iter().copied()))
    }

    fn unmarked(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values = values.filter(|value| *value > 0.0 && value.is_finite());
        let (low, high) = bounds(values)?;
        Some(Self::marked(low / 1.3, high * 1.3, [].into_iter()))
    }

    fn marked(low: f64, high: f64, marks: impl Iterator<Item = f64>) -> Self {
        Self {
            low,
            high,
            logarithmic: true,
            marks: marks.filter(|mark| (low..=high).contains(mark)).collect(),
        }
    }

    /// From 0. None if there is no value above it.
    pub fn linear(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (_, high) = bounds(values.filter(|value| value.is_finite()))?;
        if high <= 0.0 {
            return None;
        }
        let high = high * 1.05;
        let power = 10f64.powf((high / 5.0).log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * power);
        let step = steps.into_iter().find(|step| high / step <= 6.0)?;
        let count = (high / step).floor() as u32;
        Some(Self {
            low: 0.0,
            high,
            logarithmic: false,
            marks: (0..=count).map(|mark| f64::from(mark) * step).collect(),
        })
    }

    pub fn place(&self, value: f64) -> f64 {
        if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    pub fn marks(&self) -> &[f64] {
        &self.marks
    }
}

fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let ends = values.map(|value| (value, value));
    ends.reduce(|(low, high), (value, _)| (low.min(value), high.max(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_range_is_marked_at_powers_of_ten_and_a_narrow_one_between() {
        let wide = Axis::logarithmic([200.0, 47e6].into_iter()).unwrap();
        assert_eq!(wide.marks(), [1e3, 1e4, 1e5, 1e6, 1e7]);
        let narrow = Axis::logarithmic([3.0, 33.0].into_iter()).unwrap();
        assert_eq!(narrow.marks(), [5.0, 10.0, 20.0]);
        let narrower = Axis::logarithmic([20.0, 52.0].into_iter()).unwrap();
        assert_eq!(narrower.marks(), [20.0, 30.0, 40.0, 50.0]);
    }

    #[test]
    fn bytes_are_marked_at_powers_of_two() {
        let axis = Axis::logarithmic_bytes([300.0, 66_000.0].into_iter()).unwrap();
        assert_eq!(axis.marks(), [256.0, 1024.0, 4096.0, 16384.0, 65536.0]);
    }

    #[test]
    fn what_is_measured_has_a_place_within() {
        let axis = Axis::logarithmic_at(&[16.0, 64.0, 1024.0]).unwrap();
        let places = [16.0, 64.0, 1024.0].map(|value| axis.place(value));
        assert!(0.0 < places[0] && places[2] < 1.0, "{places:?}");
        assert!((places[2] - places[1] - 2.0 * (places[1] - places[0])).abs() < 1e-9);
    }

    #[test]
    fn a_linear_one_begins_at_nothing() {
        let axis = Axis::linear([0.4, 1.9].into_iter()).unwrap();
        assert_eq!(axis.marks(), [0.0, 0.5, 1.0, 1.5]);
        assert_eq!(axis.place(0.0), 0.0);
    }

    #[test]
    fn without_values_there_is_none() {
        assert!(Axis::logarithmic([0.0, f64::NAN].into_iter()).is_none());
        assert!(Axis::linear([].into_iter()).is_none());
    }
}
