fn main() -> std::process::ExitCode {
    secnet_director::cli::main()
}
