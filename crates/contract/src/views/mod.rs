//! What each page shows, complete: pages fetch one view and draw it. Views carry facts and finished sentences, never colours.
