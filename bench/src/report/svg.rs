//! As much of SVG as a chart needs. The same calls make the same bytes.

use std::fmt::Write;

pub struct Svg {
    width: f64,
    height: f64,
    body: String,
}

/// Where the text is, seen from its point.
#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Clone, Copy)]
pub enum Weight {
    Regular,
    Bold,
}

/// How a line looks.
#[derive(Clone, Copy)]
pub struct Stroke {
    pub color: &'static str,
    pub width: f64,
    /// As SVG's `stroke-dasharray`; empty for a line without gaps.
    pub dashes: &'static str,
}

impl Svg {
    /// White, so that it can be read where the page is dark.
    pub fn new(width: f64, height: f64) -> Self {
        let mut svg = Self {
            width,
            height,
            body: String::new(),
        };
        svg.rectangle([0.0, 0.0], [width, height], "#ffffff");
        svg
    }

    /// What can be seen, told in a `title` to whoever cannot see it.
    pub fn finish(self, title: &str) -> String {
        let Self {
            width,
            height,
            body,
        } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" \
             font-family=\"'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n\
             <title>{}</title>\n{body}</svg>\n",
            escaped(title)
        )
    }

    pub fn rectangle(&mut self, [x, y]: [f64; 2], [width, height]: [f64; 2], color: &str) {
        self.element(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{color}\"/>"
        ));
    }

    pub fn circle(&mut self, [x, y]: [f64; 2], radius: f64, fill: &str, color: &str) {
        self.element(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{fill}\" stroke=\"{color}\" stroke-width=\"1.5\"/>"
        ));
    }

    pub fn line(&mut self, points: &[[f64; 2]], stroke: Stroke) {
        let Stroke {
            color,
            width,
            dashes,
        } = stroke;
        let places: Vec<_> = points
            .iter()
            .map(|[x, y]| format!("{x:.1},{y:.1}"))
            .collect();
        let dashes = match dashes {
            "" => String::new(),
            dashes => format!(" stroke-dasharray=\"{dashes}\""),
        };
        self.element(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\" \
             stroke-linejoin=\"round\"{dashes}/>",
            places.join(" ")
        ));
    }

    pub fn text(
        &mut self,
        [x, y]: [f64; 2],
        text: &str,
        size: u32,
        anchor: Anchor,
        weight: Weight,
    ) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = match weight {
            Weight::Regular => "",
            Weight::Bold => " font-weight=\"bold\"",
        };
        self.element(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"#24292f\"{weight}>{}</text>",
            escaped(text)
        ));
    }

    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        writeln!(self.body, "{element}").expect("a string takes everything");
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// For tests: every element is closed, in order, and nothing stands between them that must not.
#[cfg(test)]
pub fn is_well_formed(svg: &str) -> bool {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some((text, behind)) = rest.split_once('<') {
        let Some((tag, behind)) = behind.split_once('>') else {
            return false;
        };
        let quotes = tag.matches('"').count();
        if text.contains('>') || tag.contains('<') || quotes % 2 != 0 || tag.contains("NaN") {
            return false;
        }
        let name = tag.split(' ').next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            Some(_) => {}
            None if tag.ends_with('/') => {}
            None => open.push(name),
        }
        rest = behind;
    }
    open.is_empty() && rest.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.text([1.0, 2.0], "a < b & \"c\"", 12, Anchor::Start, Weight::Bold);
        let text = svg.finish("<t>");
        assert!(
            text.contains(">a &lt; b &amp; &quot;c&quot;</text>"),
            "{text}"
        );
        assert!(is_well_formed(&text), "{text}");
        assert!(!is_well_formed("<svg><text></svg>"));
        assert!(!is_well_formed("<svg x=\"1></svg>"));
    }
}
