//! Ctrl-C and SIGTERM.

/// Resolves at the first Ctrl-C or SIGTERM.
pub async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Does `what` at each, on a thread of its own; neither ends the program any more.
pub fn on_each(mut what: impl FnMut() + Send + 'static) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                loop {
                    interrupted().await;
                    what();
                }
            });
        })?;
    Ok(())
}

/// The first stops what goes on in virtual time, so that a run ends with its books in order; the second ends the program.
pub fn stop_at_first(mut stop: impl FnMut() + Send + 'static) -> anyhow::Result<()> {
    let mut is_first = true;
    on_each(move || {
        if !std::mem::replace(&mut is_first, false) {
            std::process::exit(130);
        }
        stop();
    })
}
