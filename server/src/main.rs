//! The program `slipway`.

fn main() -> std::process::ExitCode {
    server::cli::main()
}
