//! A line for each contender along x, and beside the chart their names, the highest line's first.

use crate::axis::Axis;
use crate::palette;
use crate::svg::{Anchor, Stroke, Svg, Weight};

pub struct LineChart<'a> {
    pub title: &'a str,
    pub x_name: &'a str,
    pub x_label: &'a dyn Fn(f64) -> String,
    pub y_name: &'a str,
    pub y_label: &'a dyn Fn(f64) -> String,
    pub scale: Scale,
    pub lines: Vec<Line<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    Linear,
    Logarithmic,
    LogarithmicBytes,
}

pub struct Line<'a> {
    pub name: &'a str,
    /// With x ascending.
    pub points: Vec<[f64; 2]>,
}

const SIZE: [f64; 2] = [960.0, 480.0];
const LEFT: f64 = 80.0;
const RIGHT: f64 = 770.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 424.0;
const GRID: Stroke = Stroke {
    color: "#d8dee4",
    width: 1.0,
    dashes: "",
};

impl LineChart<'_> {
    /// None if there are fewer than two places along x: what is not a line is read from a table.
    pub fn draw(&self) -> Option<String> {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let mut xs: Vec<f64> = points().map(|[x, _]| *x).collect();
        xs.sort_by(f64::total_cmp);
        xs.dedup();
        if xs.len() < 2 {
            return None;
        }
        let x_axis = Axis::logarithmic_at(&xs)?;
        let ys = points().map(|[_, y]| *y);
        let y_axis = match self.scale {
            Scale::Linear => Axis::linear(ys),
            Scale::Logarithmic => Axis::logarithmic(ys),
            Scale::LogarithmicBytes => Axis::logarithmic_bytes(ys),
        }?;
        let mut svg = Svg::new(SIZE[0], SIZE[1]);
        self.draw_ground(&mut svg, &x_axis, &y_axis);
        // Ours lie on top.
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by_key(|line| palette::is_ours(line.name));
        for line in lines {
            let stroke = palette::stroke(line.name);
            let places = line.points.iter().map(|[x, y]| {
                let x = LEFT + x_axis.place(*x) * (RIGHT - LEFT);
                [x, BOTTOM - y_axis.place(*y) * (BOTTOM - TOP)]
            });
            let places: Vec<_> = places.collect();
            svg.line(&places, stroke);
            for place in places {
                svg.circle(place, stroke.width + 0.5, "#ffffff", stroke.color);
            }
        }
        self.draw_names(&mut svg);
        Some(svg.finish(self.title))
    }

    fn draw_ground(&self, svg: &mut Svg, x_axis: &Axis, y_axis: &Axis) {
        svg.text([LEFT, 28.0], self.title, 17, Anchor::Start, Weight::Bold);
        svg.text(
            [LEFT, 48.0],
            self.y_name,
            13,
            Anchor::Start,
            Weight::Regular,
        );
        for mark in y_axis.marks() {
            let y = BOTTOM - y_axis.place(*mark) * (BOTTOM - TOP);
            svg.line(&[[LEFT, y], [RIGHT, y]], GRID);
            let label = (self.y_label)(*mark);
            svg.text(
                [LEFT - 8.0, y + 4.0],
                &label,
                12,
                Anchor::End,
                Weight::Regular,
            );
        }
        for mark in x_axis.marks() {
            let x = LEFT + x_axis.place(*mark) * (RIGHT - LEFT);
            svg.line(&[[x, TOP], [x, BOTTOM]], GRID);
            let label = (self.x_label)(*mark);
            svg.text(
                [x, BOTTOM + 18.0],
                &label,
                12,
                Anchor::Middle,
                Weight::Regular,
            );
        }
        let middle = (LEFT + RIGHT) / 2.0;
        svg.text(
            [middle, BOTTOM + 40.0],
            self.x_name,
            13,
            Anchor::Middle,
            Weight::Regular,
        );
    }

    fn draw_names(&self, svg: &mut Svg) {
        let last = |line: &Line<'_>| line.points.last().map_or(0.0, |[_, y]| *y);
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by(|left, right| last(right).total_cmp(&last(left)));
        for (at, line) in lines.into_iter().enumerate() {
            let y = TOP + 8.0 + 21.0 * at as f64;
            let stroke = palette::stroke(line.name);
            svg.line(&[[RIGHT + 14.0, y], [RIGHT + 46.0, y]], stroke);
            svg.circle(
                [RIGHT + 30.0, y],
                stroke.width + 0.5,
                "#ffffff",
                stroke.color,
            );
            let weight = if palette::is_ours(line.name) {
                Weight::Bold
            } else {
                Weight::Regular
            };
            svg.text(
                [RIGHT + 54.0, y + 4.0],
                line.name,
                12,
                Anchor::Start,
                weight,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::svg::is_well_formed;

    fn chart(scale: Scale, xs: &[f64]) -> Option<String> {
        let line = |name, factor| Line {
            name,
            points: xs.iter().map(|x| [*x, x * factor]).collect(),
        };
        let chart = LineChart {
            title: "a & b",
            x_name: "payload",
            x_label: &|x| format!("{x}"),
            y_name: "messages/s",
            y_label: &|y| format!("{y}"),
            scale,
            lines: vec![line("floor", 1.0), line("connect", 100.0)],
        };
        chart.draw()
    }

    #[test]
    fn the_same_data_makes_the_same_well_formed_bytes() {
        for scale in [Scale::Linear, Scale::Logarithmic, Scale::LogarithmicBytes] {
            let svg = chart(scale, &[16.0, 64.0]).unwrap();
            assert!(is_well_formed(&svg), "{svg}");
            assert_eq!(chart(scale, &[16.0, 64.0]).unwrap(), svg);
            assert!(svg.contains("a &amp; b") && svg.contains("fill=\"#ffffff\""));
            // The highest line is named first.
            assert!(svg.find(">connect<") < svg.find(">floor<"));
        }
    }

    #[test]
    fn one_size_makes_no_line() {
        assert!(chart(Scale::Linear, &[16.0]).is_none());
        assert!(chart(Scale::Logarithmic, &[]).is_none());
    }
}
