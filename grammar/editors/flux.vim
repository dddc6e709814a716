" Vim syntax file for Flux. Copy it to ~/.vim/syntax/flux.vim, and put this into
" ~/.vim/ftdetect/flux.vim:  autocmd BufNewFile,BufRead *.flux setfiletype flux

if exists("b:current_syntax")
  finish
endif

" C between %{ and %}
syntax include @fluxC syntax/c.vim
unlet! b:current_syntax
syntax region fluxPreamble matchgroup=PreProc start=/^\s*%{/ end=/^\s*%}/ contains=@fluxC keepend

syntax region fluxComment start=+/\*+ end=+\*/+ contains=fluxTodo
syntax match fluxComment +//.*$+ contains=fluxTodo
syntax keyword fluxTodo contained TODO FIXME

" Keywords are contextual (R2): they count where a declaration begins, or behind the words that ask
" for them.
syntax match fluxKeyword /\v%(^|;)\s*\zs%(source|atomic|blocking|await|repeat|typedef|include|initial|final|handle\s+error)>\ze%(\s+[A-Za-z_"*])/
syntax match fluxKeyword /\v%(<source\s+)@<=%(every|parallel)>\ze\s+[A-Za-z0-9_]/
syntax match fluxKeyword /\v<%(finally|within)>\ze\s+[A-Za-z0-9_]/
syntax match fluxKeyword /\v\{\zssession\ze\s*:/
syntax match fluxKeyword /\v\(\zs%(session|program)\ze\)/
syntax match fluxKeyword /\v:\s*\zs%(readable|writable)\ze\s*\(/

syntax match fluxNumber /\v<\d+%(\s*%(us|ms|s|min)>)?/
syntax region fluxString start=/"/ end=/"/ oneline
syntax match fluxOperator /=>\|->\|=/
syntax match fluxWildcard /\v%([[,]\s*)@<=[_*]\ze\s*[],]/
syntax keyword fluxType int char bool void long short unsigned signed float double const struct
syntax keyword fluxType union enum size_t ssize_t int8_t int16_t int32_t int64_t
syntax keyword fluxType uint8_t uint16_t uint32_t uint64_t

highlight default link fluxComment Comment
highlight default link fluxTodo Todo
highlight default link fluxKeyword Statement
highlight default link fluxNumber Number
highlight default link fluxString String
highlight default link fluxOperator Operator
highlight default link fluxWildcard Special
highlight default link fluxType Type

let b:current_syntax = "flux"
