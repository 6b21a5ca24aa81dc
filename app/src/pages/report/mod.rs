//! The explainability report: a document for somebody who signs, asks or objects; without the rail, clean on paper.

mod page;
mod document;
mod matters;
mod cases;
mod groups;

pub use cases::Story;
pub use matters::ImportanceFigure;
pub use page::ReportPage;
