//! Bars of bytes, of a few measures for each contender, side by side, with their values, on a logarithmic scale.

use connect_bench::units::{bytes, measured};

use crate::axis::Axis;
use crate::palette::{is_ours, shades};
use crate::svg::{Anchor, Stroke, Svg, Weight};

pub struct BarChart<'a> {
    pub title: &'a str,
    pub measures: Vec<String>,
    /// A value for each measure.
    pub rows: Vec<(&'a str, Vec<Option<f64>>)>,
}

const WIDTH: f64 = 960.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 870.0;
const TOP: f64 = 68.0;
const BAR: f64 = 15.0;
const GAP: f64 = 14.0;
const GRID: Stroke = Stroke {
    color: "#d8dee4",
    width: 1.0,
    dashes: "",
};

impl BarChart<'_> {
    /// None if there is no value.
    pub fn draw(&self) -> Option<String> {
        let values = self.rows.iter().flat_map(|(_, values)| values);
        let axis = Axis::logarithmic_bytes(values.copied().flatten())?;
        let row_height = BAR * self.measures.len() as f64 + GAP;
        let bottom = TOP + row_height * self.rows.len() as f64;
        let mut svg = Svg::new(WIDTH, bottom + 36.0);
        svg.text([20.0, 28.0], self.title, 17, Anchor::Start, Weight::Bold);
        self.draw_measures(&mut svg);
        for mark in axis.marks() {
            let x = LEFT + axis.place(*mark) * (RIGHT - LEFT);
            svg.line(&[[x, TOP], [x, bottom]], GRID);
            let label = bytes(*mark as u64);
            svg.text(
                [x, bottom + 18.0],
                &label,
                12,
                Anchor::Middle,
                Weight::Regular,
            );
        }
        for (at, (name, values)) in self.rows.iter().enumerate() {
            let top = TOP + row_height * at as f64 + GAP / 2.0;
            let middle = top + BAR * self.measures.len() as f64 / 2.0;
            let weight = if is_ours(name) {
                Weight::Bold
            } else {
                Weight::Regular
            };
            svg.text([LEFT - 10.0, middle + 4.0], name, 13, Anchor::End, weight);
            for (bar, value) in values.iter().enumerate() {
                let y = top + BAR * bar as f64;
                let Some(value) = value.filter(|value| *value > 0.0) else {
                    continue;
                };
                let length = axis.place(value) * (RIGHT - LEFT);
                svg.rectangle([LEFT, y + 1.0], [length, BAR - 2.0], shade(bar));
                let place = [LEFT + length + 6.0, y + 11.5];
                let label = measured(value, "B");
                svg.text(place, &label, 11, Anchor::Start, Weight::Regular);
            }
        }
        let scale = "logarithmic scale";
        svg.text(
            [LEFT - 10.0, bottom + 18.0],
            scale,
            12,
            Anchor::End,
            Weight::Regular,
        );
        Some(svg.finish(self.title))
    }

    fn draw_measures(&self, svg: &mut Svg) {
        for (at, measure) in self.measures.iter().enumerate() {
            let x = LEFT + 190.0 * at as f64;
            svg.rectangle([x, 43.0], [12.0, 12.0], shade(at));
            svg.text(
                [x + 18.0, 53.0],
                measure,
                12,
                Anchor::Start,
                Weight::Regular,
            );
        }
    }
}

fn shade(at: usize) -> &'static str {
    let shades = shades();
    shades[at.min(shades.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::svg::is_well_formed;

    fn chart(value: Option<f64>) -> Option<String> {
        let chart = BarChart {
            title: "memory",
            measures: vec!["waiting".into(), "after".into()],
            rows: vec![("connect", vec![value, None])],
        };
        chart.draw()
    }

    #[test]
    fn the_same_data_makes_the_same_well_formed_bytes() {
        let svg = chart(Some(617.0)).unwrap();
        assert!(is_well_formed(&svg), "{svg}");
        assert!(svg.contains(">617 B<"), "{svg}");
        assert_eq!(chart(Some(617.0)).unwrap(), svg);
        assert!(chart(None).is_none());
    }
}
