//! A plotting backend that writes SVG with classes: one drawing serves both themes, paper and forced colours.
//!
//! The library counts in whole pixels; here one of its pixels is a tenth of ours, so that curves stay smooth.

use super::mark::Mark;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontTransform,
    text_anchor::HPos,
};
use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write;
use std::rc::Rc;

/// Library pixels per pixel of the drawing.
pub const FINE: f64 = 10.0;

/// What has been drawn so far, and the words that the next shape says when one points at it.
#[derive(Default)]
pub struct Page {
    pub svg: String,
    pub saying: Option<String>,
}

/// Writes shapes onto a shared [`Page`].
pub struct Classes {
    page: Rc<RefCell<Page>>,
    size: (u32, u32),
}

impl Classes {
    pub fn new(page: Rc<RefCell<Page>>, width: f64, height: f64) -> Self {
        Self { page, size: ((width * FINE) as u32, (height * FINE) as u32) }
    }

    fn shape(&self, tag: &str, attributes: &str, colour: BackendColor) {
        let mut page = self.page.borrow_mut();
        let class = Mark::of(colour.rgb).class();
        page.svg.push('<');
        page.svg.push_str(tag);
        if !class.is_empty() {
            page.svg.push_str(" class=\"");
            page.svg.push_str(class);
            page.svg.push('"');
        }
        page.svg.push_str(attributes);
        match page.saying.take() {
            Some(words) => {
                let words = escape(&words);
                // Writing to a string does not fail.
                let _ = write!(page.svg, "><title>{words}</title></{tag}>");
            }
            None => page.svg.push_str("/>"),
        }
    }

    fn path(&self, points: impl IntoIterator<Item = BackendCoord>, close: bool, colour: BackendColor) {
        let mut d = String::from(" d=\"");
        for (i, point) in points.into_iter().enumerate() {
            d.push(if i == 0 { 'M' } else { 'L' });
            d.push_str(&fine(point.0));
            d.push(' ');
            d.push_str(&fine(point.1));
        }
        d.push_str(if close { "Z\"" } else { "\"" });
        self.shape("path", &d, colour);
    }
}

/// A coordinate in pixels of the drawing, with at most one decimal.
fn fine(tenths: i32) -> String {
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{:.1}", f64::from(tenths) / FINE) }
}

/// Text that may stand inside an element or an attribute.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Classes {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, colour: BackendColor) -> Drawn {
        self.draw_rect(point, (point.0 + 1, point.1 + 1), &colour, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.path([from, to], false, style.color());
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S, _fill: bool) -> Drawn {
        let (x, y, width, height) = (a.0.min(b.0), a.1.min(b.1), (a.0 - b.0).abs(), (a.1 - b.1).abs());
        let attributes = format!(" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", fine(x), fine(y), fine(width), fine(height));
        self.shape("rect", &attributes, style.color());
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.path(path, false, style.color());
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, centre: BackendCoord, radius: u32, style: &S, _fill: bool) -> Drawn {
        let attributes = format!(" cx=\"{}\" cy=\"{}\" r=\"{}\"", fine(centre.0), fine(centre.1), fine(radius as i32));
        self.shape("circle", &attributes, style.color());
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, points: I, style: &S) -> Drawn {
        self.path(points, true, style.color());
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        let turn = match style.transform() {
            FontTransform::None => String::new(),
            _ => format!(" transform=\"rotate(-90 {} {})\"", fine(at.0), fine(at.1)),
        };
        let class = Mark::of(style.color().rgb).class();
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let mut page = self.page.borrow_mut();
        page.saying = None;
        // Writing to a string does not fail.
        let _ = write!(page.svg, "<text x=\"{}\" y=\"{}\"{class}{anchor}{turn}>{}</text>", fine(at.0), fine(at.1), escape(text));
        Ok(())
    }

    /// Widths are a guess, as they must be: the face is the reader's. 6.7 px a letter holds at 12 px in the faces we checked.
    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        _style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok(((super::sketch::text_width(text) * FINE) as u32, (12.0 * FINE) as u32))
    }
}
