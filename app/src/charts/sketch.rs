//! A sheet to draw on: a plotting area with its two axes, and shapes in data coordinates.

use super::backend::{Classes, FINE, Page, escape};
use super::mark::Mark;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::cell::RefCell;
use std::rc::Rc;

/// Where words stand to their point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Start,
    Middle,
    End,
}

/// Space in pixels between the edge of the drawing and the plotting area.
#[derive(Clone, Copy)]
pub struct Margins {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// One drawing being made. x and y of the shapes are data; `px` functions take pixels.
pub struct Sketch {
    root: DrawingArea<Classes, Shift>,
    area: DrawingArea<Classes, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    page: Rc<RefCell<Page>>,
    pub width: f64,
    pub height: f64,
    pub margins: Margins,
    pub x: (f64, f64),
    pub y: (f64, f64),
}

/// About how wide words are at 12 px, in pixels.
pub fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * 6.7
}

/// A range that is never empty, so that mapping never divides by nothing.
fn open(range: (f64, f64)) -> (f64, f64) {
    let (low, high) = if range.0.is_finite() && range.1.is_finite() { range } else { (0.0, 1.0) };
    if high > low { (low, high) } else { (low - 0.5, low + 0.5) }
}

impl Sketch {
    pub fn new(width: f64, height: f64, margins: Margins, x: (f64, f64), y: (f64, f64)) -> Self {
        let (x, y) = (open(x), open(y));
        let page = Rc::new(RefCell::new(Page::default()));
        let root = Classes::new(page.clone(), width, height).into_drawing_area();
        let px = |value: f64| (value * FINE).round() as i32;
        let across = px(margins.left)..px(width - margins.right);
        let down = px(height - margins.bottom)..px(margins.top);
        let area = root.apply_coord_spec(Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(x.0..x.1, y.0..y.1, (across, down)));
        Self { root, area, page, width, height, margins, x, y }
    }

    /// Pixel of a value on the x axis.
    pub fn px_x(&self, x: f64) -> f64 {
        let (left, right) = (self.margins.left, self.width - self.margins.right);
        left + (x - self.x.0) / (self.x.1 - self.x.0) * (right - left)
    }

    /// Pixel of a value on the y axis.
    pub fn px_y(&self, y: f64) -> f64 {
        let (top, bottom) = (self.margins.top, self.height - self.margins.bottom);
        bottom - (y - self.y.0) / (self.y.1 - self.y.0) * (bottom - top)
    }

    pub fn clamp_y(&self, y: f64) -> f64 {
        y.clamp(self.y.0, self.y.1)
    }

    /// What a pointer, or the arrow keys, read at the next shape.
    pub fn saying(&self, words: impl Into<String>) -> &Self {
        self.page.borrow_mut().saying = Some(words.into());
        self
    }

    // The backend writes to a string and cannot fail, so the results of drawing carry nothing.

    pub fn line(&self, points: &[(f64, f64)], mark: Mark) {
        if points.len() > 1 {
            let _ = self.area.draw(&PathElement::new(points.to_vec(), mark.colour()));
        }
    }

    /// A line through what is there: missing values break it.
    pub fn broken_line(&self, points: &[(f64, Option<f64>)], mark: Mark) {
        for run in points.split(|(_, y)| y.is_none()) {
            let run: Vec<(f64, f64)> = run.iter().filter_map(|(x, y)| y.map(|y| (*x, self.clamp_y(y)))).collect();
            match run.as_slice() {
                [] => {}
                [_] if mark == Mark::Edge => {}
                [(x, y)] => self.dot(*x, *y, 1.5, if mark == Mark::Subject { Mark::Dot } else { Mark::DotReference }),
                run => self.line(run, mark),
            }
        }
    }

    /// A surface between a lower and an upper edge.
    pub fn band(&self, points: &[(f64, f64, f64)], mark: Mark) {
        if points.len() < 2 {
            return;
        }
        let upper = points.iter().map(|(x, _, high)| (*x, self.clamp_y(*high)));
        let lower = points.iter().rev().map(|(x, low, _)| (*x, self.clamp_y(*low)));
        let _ = self.area.draw(&Polygon::new(upper.chain(lower).collect::<Vec<_>>(), mark.colour()));
    }

    pub fn rect(&self, a: (f64, f64), b: (f64, f64), mark: Mark) {
        let _ = self.area.draw(&Rectangle::new([a, b], mark.colour().filled()));
    }

    pub fn dot(&self, x: f64, y: f64, radius: f64, mark: Mark) {
        let _ = self.area.draw(&Circle::new((x, y), (radius * FINE) as i32, mark.colour().filled()));
    }

    pub fn px_line(&self, from: (f64, f64), to: (f64, f64), mark: Mark) {
        let _ = self.root.draw(&PathElement::new(vec![tenths(from), tenths(to)], mark.colour()));
    }

    pub fn px_rect(&self, from: (f64, f64), to: (f64, f64), mark: Mark) {
        let _ = self.root.draw(&Rectangle::new([tenths(from), tenths(to)], mark.colour().filled()));
    }

    pub fn px_dot(&self, at: (f64, f64), radius: f64, mark: Mark) {
        let _ = self.root.draw(&Circle::new(tenths(at), (radius * FINE) as i32, mark.colour().filled()));
    }

    /// Words at a pixel; `at` is the base line.
    pub fn text(&self, text: &str, at: (f64, f64), side: Side, mark: Mark) {
        if text.is_empty() {
            return;
        }
        let side = match side {
            Side::Start => HPos::Left,
            Side::Middle => HPos::Center,
            Side::End => HPos::Right,
        };
        let colour = mark.colour();
        let style = TextStyle::from(("sans-serif", 12.0 * FINE).into_font()).color(&colour).pos(Pos::new(side, VPos::Bottom));
        let _ = self.root.draw_text(text, &style, tenths(at));
    }

    /// Horizontal hairlines with their labels at the left; the line at zero, or the lowest, is the axis.
    pub fn y_axis(&self, ticks: &[f64], label: impl Fn(f64) -> String) {
        let right = self.width - self.margins.right;
        let base = if ticks.contains(&0.0) { Some(0.0) } else { ticks.first().copied() };
        for tick in ticks {
            let y = self.px_y(*tick);
            self.px_line((self.margins.left, y), (right, y), if base == Some(*tick) { Mark::Axis } else { Mark::Grid });
            self.text(&label(*tick), (self.margins.left - 8.0, y + 4.0), Side::End, Mark::Plain);
        }
    }

    /// Small marks under the plotting area with their labels, which never leave the drawing.
    pub fn x_axis(&self, ticks: &[(f64, String)]) {
        let bottom = self.height - self.margins.bottom;
        for (value, label) in ticks {
            let x = self.px_x(*value);
            self.px_line((x, bottom), (x, bottom + 4.0), Mark::Axis);
            let half = text_width(label) / 2.0;
            let side = if x - half < 0.0 {
                Side::Start
            } else if x + half > self.width {
                Side::End
            } else {
                Side::Middle
            };
            self.text(label, (x, bottom + 17.0), side, Mark::Plain);
        }
    }

    /// The finished drawing as an SVG element. `class` is `wide`, `narrow` or empty.
    pub fn finish(self, class: &str, title: &str, desc: &str) -> String {
        let Self { root, area, page, width, height, .. } = self;
        drop((root, area));
        let page = page.borrow();
        let id = name_of(title, desc, class);
        format!(
            "<svg class=\"ch {class}\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"{id}t {id}d\">\
             <title id=\"{id}t\">{}</title><desc id=\"{id}d\">{}</desc>{}</svg>",
            escape(title),
            escape(desc),
            page.svg
        )
    }
}

fn tenths((x, y): (f64, f64)) -> (i32, i32) {
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

/// A name for a drawing that is the same on the server and in the browser (FNV-1a over what it says).
fn name_of(title: &str, desc: &str, class: &str) -> String {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in title.bytes().chain(desc.bytes()).chain(class.bytes()) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    format!("c{hash:08x}")
}
