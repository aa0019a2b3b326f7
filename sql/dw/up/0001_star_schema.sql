-- Purpose: the star schema, control and audit with their keys, checks and indexes, the member -1 of each dimension, and the
--          control row of each entity. What an operator set in a control row stays. Made from crates/dw-core/src/catalog by
--          `just update-docs`; after its release it never changes, and a change is a script of the next number.
-- Parameters: none.
-- Locks: schema locks on what it creates. What exists is left as it is.
IF SCHEMA_ID(N'dim') IS NULL EXEC(N'CREATE SCHEMA dim');
GO

IF OBJECT_ID(N'dim.DIM_DATA', N'U') IS NULL
BEGIN
    CREATE TABLE dim.DIM_DATA (
        data_id INT NOT NULL,
        data_completa DATE NOT NULL,
        ano INT NOT NULL,
        trimestre INT NOT NULL,
        mes INT NOT NULL,
        dia INT NOT NULL,
        semana_do_ano INT NOT NULL,
        dia_da_semana INT NOT NULL,
        nome_mes VARCHAR(20) NOT NULL,
        nome_mes_abrev VARCHAR(3) NOT NULL,
        nome_dia_semana VARCHAR(20) NOT NULL,
        nome_dia_semana_abrev VARCHAR(3) NOT NULL,
        eh_fim_de_semana BIT NOT NULL,
        eh_feriado BIT NOT NULL,
        nome_feriado VARCHAR(50) NULL,
        dia_do_ano INT NOT NULL,
        eh_ano_bissexto BIT NOT NULL,
        periodo_mes VARCHAR(7) NOT NULL,
        periodo_trimestre VARCHAR(7) NOT NULL,
        CONSTRAINT PK_DIM_DATA PRIMARY KEY (data_id),
        CONSTRAINT UK_DIM_DATA_data_completa UNIQUE (data_completa),
        CONSTRAINT CK_DIM_DATA_trimestre CHECK (trimestre BETWEEN 1 AND 4),
        CONSTRAINT CK_DIM_DATA_mes CHECK (mes BETWEEN 1 AND 12),
        CONSTRAINT CK_DIM_DATA_dia CHECK (dia BETWEEN 1 AND 31)
    );
    CREATE INDEX IX_DIM_DATA_ano_mes ON dim.DIM_DATA (ano, mes) INCLUDE (data_completa);
    CREATE INDEX IX_DIM_DATA_ano_trimestre ON dim.DIM_DATA (ano, trimestre);
END;
GO

IF OBJECT_ID(N'dim.DIM_CLIENTE', N'U') IS NULL
BEGIN
    CREATE TABLE dim.DIM_CLIENTE (
        cliente_id INT IDENTITY(1,1) NOT NULL,
        cliente_original_id BIGINT NOT NULL,
        nome_cliente VARCHAR(200) NOT NULL,
        email VARCHAR(200) NULL,
        telefone VARCHAR(20) NULL,
        cpf_cnpj VARCHAR(18) NULL,
        data_nascimento DATE NULL,
        genero CHAR(1) NULL,
        tipo_cliente VARCHAR(20) NOT NULL,
        segmento VARCHAR(20) NOT NULL,
        score_credito INT NULL,
        categoria_valor VARCHAR(20) NULL,
        endereco_completo VARCHAR(200) NULL,
        numero VARCHAR(10) NULL,
        complemento VARCHAR(50) NULL,
        bairro VARCHAR(50) NULL,
        cidade VARCHAR(100) NOT NULL,
        estado CHAR(2) NOT NULL,
        pais VARCHAR(50) NOT NULL DEFAULT 'Brasil',
        cep VARCHAR(10) NULL,
        data_primeiro_cadastro DATE NOT NULL,
        data_ultima_compra DATE NULL,
        data_ultima_atualizacao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        total_compras_historico INT NOT NULL DEFAULT 0,
        valor_total_gasto_historico DECIMAL(18,2) NOT NULL DEFAULT CAST(0.00 AS DECIMAL(18,2)),
        ticket_medio_historico DECIMAL(15,2) NULL,
        eh_ativo BIT NOT NULL DEFAULT 1,
        aceita_email_marketing BIT NOT NULL DEFAULT 0,
        eh_cliente_vip BIT NOT NULL DEFAULT 0,
        eh_inferido BIT NOT NULL DEFAULT 0,
        excluido_em DATETIME2(0) NULL,
        linha_hash BIGINT NULL,
        CONSTRAINT PK_DIM_CLIENTE PRIMARY KEY (cliente_id),
        CONSTRAINT UK_DIM_CLIENTE_original_id UNIQUE (cliente_original_id),
        CONSTRAINT CK_DIM_CLIENTE_tipo CHECK (tipo_cliente IN ('Novo', 'Recorrente', 'VIP', 'Inativo')),
        CONSTRAINT CK_DIM_CLIENTE_segmento CHECK (segmento IN ('Pessoa Fisica', 'Pessoa Juridica', 'Pessoa Física', 'Pessoa Jurídica')),
        CONSTRAINT CK_DIM_CLIENTE_genero CHECK (genero IN ('M', 'F', 'O') OR genero IS NULL),
        CONSTRAINT CK_DIM_CLIENTE_estado CHECK (LEN(estado) = 2)
    );
    CREATE INDEX IX_DIM_CLIENTE_localizacao ON dim.DIM_CLIENTE (estado, cidade) INCLUDE (cliente_id, nome_cliente, tipo_cliente);
    CREATE INDEX IX_DIM_CLIENTE_tipo_segmento ON dim.DIM_CLIENTE (tipo_cliente, segmento) INCLUDE (cliente_id);
    CREATE INDEX IX_DIM_CLIENTE_nome ON dim.DIM_CLIENTE (nome_cliente);
    CREATE INDEX IX_DIM_CLIENTE_ativo ON dim.DIM_CLIENTE (eh_ativo) INCLUDE (cliente_id, tipo_cliente);
END;
GO

IF OBJECT_ID(N'dim.DIM_PRODUTO', N'U') IS NULL
BEGIN
    CREATE TABLE dim.DIM_PRODUTO (
        produto_id INT IDENTITY(1,1) NOT NULL,
        produto_original_id BIGINT NOT NULL,
        codigo_sku VARCHAR(50) NOT NULL,
        codigo_barras VARCHAR(20) NULL,
        nome_produto VARCHAR(200) NOT NULL,
        descricao_curta VARCHAR(255) NULL,
        descricao_completa VARCHAR(MAX) NULL,
        categoria VARCHAR(50) NOT NULL,
        subcategoria VARCHAR(50) NOT NULL,
        linha_produto VARCHAR(50) NULL,
        marca VARCHAR(50) NOT NULL,
        fabricante VARCHAR(100) NULL,
        fornecedor_id BIGINT NOT NULL,
        nome_fornecedor VARCHAR(150) NOT NULL,
        pais_origem VARCHAR(50) NULL,
        peso_kg DECIMAL(8,3) NULL,
        altura_cm DECIMAL(6,2) NULL,
        largura_cm DECIMAL(6,2) NULL,
        profundidade_cm DECIMAL(6,2) NULL,
        cor_principal VARCHAR(30) NULL,
        material VARCHAR(50) NULL,
        preco_custo DECIMAL(10,2) NOT NULL,
        preco_sugerido DECIMAL(10,2) NOT NULL,
        margem_sugerida_percent DECIMAL(5,2) NULL,
        eh_perecivel BIT NOT NULL DEFAULT 0,
        eh_fragil BIT NOT NULL DEFAULT 0,
        requer_refrigeracao BIT NOT NULL DEFAULT 0,
        idade_minima_venda INT NULL,
        estoque_minimo INT NOT NULL DEFAULT 0,
        estoque_maximo INT NOT NULL DEFAULT 1000,
        prazo_reposicao_dias INT NULL,
        situacao VARCHAR(20) NOT NULL DEFAULT 'Ativo',
        data_lancamento DATE NULL,
        data_descontinuacao DATE NULL,
        data_cadastro DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        data_ultima_atualizacao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        palavras_chave VARCHAR(200) NULL,
        avaliacao_media DECIMAL(2,1) NULL,
        total_avaliacoes INT NOT NULL DEFAULT 0,
        eh_inferido BIT NOT NULL DEFAULT 0,
        excluido_em DATETIME2(0) NULL,
        linha_hash BIGINT NULL,
        CONSTRAINT PK_DIM_PRODUTO PRIMARY KEY (produto_id),
        CONSTRAINT UK_DIM_PRODUTO_original_id UNIQUE (produto_original_id),
        CONSTRAINT UK_DIM_PRODUTO_sku UNIQUE (codigo_sku),
        CONSTRAINT CK_DIM_PRODUTO_situacao CHECK (situacao IN ('Ativo', 'Inativo', 'Descontinuado')),
        CONSTRAINT CK_DIM_PRODUTO_preco_custo CHECK (preco_custo >= 0),
        CONSTRAINT CK_DIM_PRODUTO_preco_sugerido CHECK (preco_sugerido >= 0),
        CONSTRAINT CK_DIM_PRODUTO_avaliacao CHECK (avaliacao_media BETWEEN 0 AND 5 OR avaliacao_media IS NULL),
        CONSTRAINT CK_DIM_PRODUTO_estoque CHECK (estoque_maximo >= estoque_minimo)
    );
    CREATE INDEX IX_DIM_PRODUTO_hierarquia ON dim.DIM_PRODUTO (categoria, subcategoria, marca) INCLUDE (produto_id, nome_produto, preco_sugerido);
    CREATE INDEX IX_DIM_PRODUTO_fornecedor ON dim.DIM_PRODUTO (fornecedor_id, nome_fornecedor) INCLUDE (produto_id, categoria);
    CREATE INDEX IX_DIM_PRODUTO_situacao ON dim.DIM_PRODUTO (situacao) INCLUDE (produto_id, categoria, marca);
    CREATE INDEX IX_DIM_PRODUTO_nome ON dim.DIM_PRODUTO (nome_produto);
END;
GO

IF OBJECT_ID(N'dim.DIM_REGIAO', N'U') IS NULL
BEGIN
    CREATE TABLE dim.DIM_REGIAO (
        regiao_id INT IDENTITY(1,1) NOT NULL,
        regiao_original_id BIGINT NOT NULL,
        pais VARCHAR(50) NOT NULL,
        regiao_pais VARCHAR(30) NULL,
        estado CHAR(2) NOT NULL,
        nome_estado VARCHAR(50) NOT NULL,
        cidade VARCHAR(100) NOT NULL,
        codigo_ibge VARCHAR(10) NULL,
        cep_inicial VARCHAR(10) NULL,
        cep_final VARCHAR(10) NULL,
        ddd CHAR(2) NULL,
        populacao_estimada INT NULL,
        area_km2 DECIMAL(10,2) NULL,
        densidade_demografica DECIMAL(10,2) NULL,
        tipo_municipio VARCHAR(30) NULL,
        porte_municipio VARCHAR(20) NULL,
        pib_per_capita DECIMAL(10,2) NULL,
        idh DECIMAL(4,3) NULL,
        latitude DECIMAL(10,7) NULL,
        longitude DECIMAL(10,7) NULL,
        fuso_horario VARCHAR(50) NULL,
        data_cadastro DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        data_ultima_atualizacao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        eh_ativo BIT NOT NULL DEFAULT 1,
        eh_inferido BIT NOT NULL DEFAULT 0,
        excluido_em DATETIME2(0) NULL,
        linha_hash BIGINT NULL,
        CONSTRAINT PK_DIM_REGIAO PRIMARY KEY (regiao_id),
        CONSTRAINT UK_DIM_REGIAO_original_id UNIQUE (regiao_original_id),
        CONSTRAINT UK_DIM_REGIAO_localizacao UNIQUE (pais, estado, cidade),
        CONSTRAINT CK_DIM_REGIAO_estado CHECK (LEN(estado) = 2),
        CONSTRAINT CK_DIM_REGIAO_idh CHECK (idh BETWEEN 0 AND 1 OR idh IS NULL),
        CONSTRAINT CK_DIM_REGIAO_populacao CHECK (populacao_estimada > 0 OR populacao_estimada IS NULL)
    );
    CREATE INDEX IX_DIM_REGIAO_hierarquia ON dim.DIM_REGIAO (pais, regiao_pais, estado, cidade) INCLUDE (regiao_id);
    CREATE INDEX IX_DIM_REGIAO_estado ON dim.DIM_REGIAO (estado) INCLUDE (regiao_id, cidade, regiao_pais);
    CREATE INDEX IX_DIM_REGIAO_cidade ON dim.DIM_REGIAO (cidade) INCLUDE (estado, regiao_id);
    CREATE INDEX IX_DIM_REGIAO_codigo_ibge ON dim.DIM_REGIAO (codigo_ibge) WHERE codigo_ibge IS NOT NULL;
END;
GO

IF OBJECT_ID(N'dim.DIM_EQUIPE', N'U') IS NULL
BEGIN
    CREATE TABLE dim.DIM_EQUIPE (
        equipe_id INT IDENTITY(1,1) NOT NULL,
        equipe_original_id BIGINT NOT NULL,
        nome_equipe VARCHAR(120) NOT NULL,
        codigo_equipe VARCHAR(20) NULL,
        tipo_equipe VARCHAR(30) NULL,
        categoria_equipe VARCHAR(30) NULL,
        regional VARCHAR(50) NULL,
        estado_sede CHAR(2) NULL,
        cidade_sede VARCHAR(100) NULL,
        lider_equipe_id INT NULL,
        nome_lider VARCHAR(200) NULL,
        email_lider VARCHAR(255) NULL,
        meta_mensal_equipe DECIMAL(18,2) NULL,
        meta_trimestral_equipe DECIMAL(18,2) NULL,
        meta_anual_equipe DECIMAL(18,2) NULL,
        qtd_meta_vendas_mes INT NULL,
        qtd_membros_atual INT NULL,
        qtd_membros_ideal INT NULL,
        total_vendas_mes_anterior DECIMAL(15,2) NULL,
        percentual_meta_mes_anterior DECIMAL(5,2) NULL,
        ranking_ultimo_mes INT NULL,
        data_criacao DATE NOT NULL,
        data_ultima_atualizacao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        data_inativacao DATE NULL,
        situacao VARCHAR(20) NOT NULL DEFAULT 'Ativa',
        eh_ativa BIT NOT NULL DEFAULT 1,
        observacoes VARCHAR(500) NULL,
        nome_origem VARCHAR(120) NULL,
        eh_inferido BIT NOT NULL DEFAULT 0,
        excluido_em DATETIME2(0) NULL,
        linha_hash BIGINT NULL,
        CONSTRAINT PK_DIM_EQUIPE PRIMARY KEY (equipe_id),
        CONSTRAINT UK_DIM_EQUIPE_original_id UNIQUE (equipe_original_id),
        CONSTRAINT UK_DIM_EQUIPE_nome UNIQUE (nome_equipe),
        CONSTRAINT CK_DIM_EQUIPE_meta_positiva CHECK (meta_mensal_equipe >= 0 OR meta_mensal_equipe IS NULL),
        CONSTRAINT CK_DIM_EQUIPE_qtd_membros CHECK (qtd_membros_atual >= 0 OR qtd_membros_atual IS NULL),
        CONSTRAINT CK_DIM_EQUIPE_situacao CHECK (situacao IN ('Ativa', 'Inativa', 'Suspensa', 'Em Formação')),
        CONSTRAINT CK_DIM_EQUIPE_estado CHECK (LEN(estado_sede) = 2 OR estado_sede IS NULL)
    );
    CREATE INDEX IX_DIM_EQUIPE_regional ON dim.DIM_EQUIPE (regional) INCLUDE (equipe_id, nome_equipe, meta_mensal_equipe) WHERE regional IS NOT NULL;
    CREATE INDEX IX_DIM_EQUIPE_situacao ON dim.DIM_EQUIPE (situacao, eh_ativa) INCLUDE (equipe_id, nome_equipe);
    CREATE INDEX IX_DIM_EQUIPE_lider ON dim.DIM_EQUIPE (lider_equipe_id) INCLUDE (nome_equipe, meta_mensal_equipe) WHERE lider_equipe_id IS NOT NULL;
    CREATE INDEX IX_DIM_EQUIPE_tipo ON dim.DIM_EQUIPE (tipo_equipe) INCLUDE (equipe_id, nome_equipe) WHERE tipo_equipe IS NOT NULL;
    CREATE INDEX IX_DIM_EQUIPE_nome_origem ON dim.DIM_EQUIPE (nome_origem);
END;
GO

IF OBJECT_ID(N'dim.DIM_VENDEDOR', N'U') IS NULL
BEGIN
    CREATE TABLE dim.DIM_VENDEDOR (
        vendedor_id INT IDENTITY(1,1) NOT NULL,
        vendedor_original_id BIGINT NOT NULL,
        nome_vendedor VARCHAR(200) NOT NULL,
        nome_exibicao VARCHAR(200) NULL,
        cpf VARCHAR(14) NULL,
        matricula VARCHAR(20) NULL,
        email VARCHAR(255) NOT NULL,
        email_pessoal VARCHAR(255) NULL,
        telefone_celular VARCHAR(20) NULL,
        telefone_comercial VARCHAR(20) NULL,
        cargo VARCHAR(50) NOT NULL,
        nivel_senioridade VARCHAR(20) NULL,
        departamento VARCHAR(50) NULL,
        area VARCHAR(50) NULL,
        equipe_id INT NULL,
        nome_equipe VARCHAR(120) NULL,
        gerente_id INT NULL,
        nome_gerente VARCHAR(200) NULL,
        estado_atuacao CHAR(2) NULL,
        cidade_atuacao VARCHAR(100) NULL,
        territorio_vendas VARCHAR(110) NULL,
        tipo_vendedor VARCHAR(30) NULL,
        meta_mensal_base DECIMAL(15,2) NULL,
        meta_trimestral_base DECIMAL(15,2) NULL,
        percentual_comissao_padrao DECIMAL(5,2) NULL,
        tipo_comissao VARCHAR(30) NULL,
        total_vendas_mes_atual DECIMAL(15,2) NULL,
        total_vendas_mes_anterior DECIMAL(15,2) NULL,
        percentual_meta_mes_anterior DECIMAL(5,2) NULL,
        ranking_mes_anterior INT NULL,
        total_vendas_acumulado_ano DECIMAL(15,2) NULL,
        data_contratacao DATE NOT NULL,
        data_primeira_venda DATE NULL,
        data_ultima_venda DATE NULL,
        data_desligamento DATE NULL,
        data_ultima_atualizacao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        situacao VARCHAR(20) NOT NULL DEFAULT 'Ativo',
        eh_ativo BIT NOT NULL DEFAULT 1,
        eh_lider BIT NOT NULL DEFAULT 0,
        aceita_novos_clientes BIT NOT NULL DEFAULT 1,
        observacoes VARCHAR(500) NULL,
        motivo_desligamento VARCHAR(200) NULL,
        eh_inferido BIT NOT NULL DEFAULT 0,
        excluido_em DATETIME2(0) NULL,
        linha_hash BIGINT NULL,
        CONSTRAINT PK_DIM_VENDEDOR PRIMARY KEY (vendedor_id),
        CONSTRAINT UK_DIM_VENDEDOR_original_id UNIQUE (vendedor_original_id),
        CONSTRAINT UK_DIM_VENDEDOR_email UNIQUE (email),
        CONSTRAINT UK_DIM_VENDEDOR_matricula UNIQUE (matricula),
        CONSTRAINT CK_DIM_VENDEDOR_meta_positiva CHECK (meta_mensal_base >= 0 OR meta_mensal_base IS NULL),
        CONSTRAINT CK_DIM_VENDEDOR_comissao_valida CHECK (percentual_comissao_padrao BETWEEN 0 AND 100 OR percentual_comissao_padrao IS NULL),
        CONSTRAINT CK_DIM_VENDEDOR_situacao CHECK (situacao IN ('Ativo', 'Afastado', 'Suspenso', 'Desligado')),
        CONSTRAINT CK_DIM_VENDEDOR_datas_logicas CHECK (data_desligamento IS NULL OR data_desligamento >= data_contratacao),
        CONSTRAINT FK_DIM_VENDEDOR_equipe FOREIGN KEY (equipe_id) REFERENCES dim.DIM_EQUIPE(equipe_id),
        CONSTRAINT FK_DIM_VENDEDOR_gerente FOREIGN KEY (gerente_id) REFERENCES dim.DIM_VENDEDOR(vendedor_id)
    );
    CREATE INDEX IX_DIM_VENDEDOR_equipe ON dim.DIM_VENDEDOR (equipe_id) INCLUDE (vendedor_id, nome_vendedor, cargo, meta_mensal_base) WHERE equipe_id IS NOT NULL;
    CREATE INDEX IX_DIM_VENDEDOR_gerente ON dim.DIM_VENDEDOR (gerente_id) INCLUDE (vendedor_id, nome_vendedor, cargo) WHERE gerente_id IS NOT NULL;
    CREATE INDEX IX_DIM_VENDEDOR_situacao ON dim.DIM_VENDEDOR (situacao, eh_ativo) INCLUDE (vendedor_id, nome_vendedor, equipe_id);
    CREATE INDEX IX_DIM_VENDEDOR_nome ON dim.DIM_VENDEDOR (nome_vendedor) INCLUDE (vendedor_id, email, cargo, equipe_id);
    CREATE INDEX IX_DIM_VENDEDOR_estado ON dim.DIM_VENDEDOR (estado_atuacao) INCLUDE (vendedor_id, nome_vendedor, equipe_id) WHERE estado_atuacao IS NOT NULL;
    CREATE INDEX IX_DIM_VENDEDOR_lideres ON dim.DIM_VENDEDOR (eh_lider, eh_ativo) INCLUDE (vendedor_id, nome_vendedor, equipe_id) WHERE eh_lider = 1;
    CREATE UNIQUE INDEX IX_DIM_VENDEDOR_cpf ON dim.DIM_VENDEDOR (cpf) WHERE cpf IS NOT NULL;
    CREATE INDEX IX_DIM_VENDEDOR_performance ON dim.DIM_VENDEDOR (ranking_mes_anterior) INCLUDE (vendedor_id, nome_vendedor, total_vendas_mes_anterior) WHERE ranking_mes_anterior IS NOT NULL AND eh_ativo = 1;
END;
GO

IF OBJECT_ID(N'dim.DIM_DESCONTO', N'U') IS NULL
BEGIN
    CREATE TABLE dim.DIM_DESCONTO (
        desconto_id INT IDENTITY(1,1) NOT NULL,
        desconto_original_id BIGINT NOT NULL,
        codigo_desconto VARCHAR(50) NOT NULL,
        nome_campanha VARCHAR(150) NULL,
        descricao VARCHAR(500) NULL,
        tipo_desconto VARCHAR(30) NOT NULL,
        metodo_desconto VARCHAR(30) NOT NULL,
        valor_desconto DECIMAL(10,2) NULL,
        min_valor_compra_regra DECIMAL(15,2) NULL,
        max_valor_desconto_regra DECIMAL(15,2) NULL,
        max_usos_por_cliente INT NULL,
        max_usos_total INT NULL,
        aplica_em VARCHAR(30) NOT NULL,
        restricao_produtos VARCHAR(500) NULL,
        restricao_clientes VARCHAR(500) NULL,
        data_inicio_validade DATETIME NOT NULL,
        data_fim_validade DATETIME NULL,
        origem_campanha VARCHAR(50) NULL,
        canal_divulgacao VARCHAR(50) NULL,
        total_usos_realizados INT NOT NULL DEFAULT 0,
        total_receita_gerada DECIMAL(15,2) NOT NULL DEFAULT CAST(0.00 AS DECIMAL(15,2)),
        total_desconto_concedido DECIMAL(15,2) NOT NULL DEFAULT CAST(0.00 AS DECIMAL(15,2)),
        situacao VARCHAR(20) NOT NULL DEFAULT 'Ativo',
        eh_ativo BIT NOT NULL DEFAULT 1,
        requer_aprovacao BIT NOT NULL DEFAULT 0,
        eh_cumulativo BIT NOT NULL DEFAULT 0,
        data_criacao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        data_ultima_atualizacao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        usuario_criador VARCHAR(100) NULL,
        observacoes VARCHAR(500) NULL,
        eh_inferido BIT NOT NULL DEFAULT 0,
        excluido_em DATETIME2(0) NULL,
        linha_hash BIGINT NULL,
        CONSTRAINT PK_DIM_DESCONTO PRIMARY KEY (desconto_id),
        CONSTRAINT UK_DIM_DESCONTO_codigo UNIQUE (codigo_desconto),
        CONSTRAINT UK_DIM_DESCONTO_original_id UNIQUE (desconto_original_id),
        CONSTRAINT CK_DIM_DESCONTO_valor_positivo CHECK (valor_desconto > 0 OR valor_desconto IS NULL),
        CONSTRAINT CK_DIM_DESCONTO_datas_logicas CHECK (data_fim_validade IS NULL OR data_fim_validade >= data_inicio_validade),
        CONSTRAINT CK_DIM_DESCONTO_situacao CHECK (situacao IN ('Ativo', 'Pausado', 'Expirado', 'Esgotado', 'Cancelado')),
        CONSTRAINT CK_DIM_DESCONTO_tipo CHECK (tipo_desconto IN ('Cupom', 'Promoção Automática', 'Desconto Progressivo', 'Fidelidade', 'Primeira Compra', 'Cashback')),
        CONSTRAINT CK_DIM_DESCONTO_metodo CHECK (metodo_desconto IN ('Percentual', 'Valor Fixo', 'Frete Grátis', 'Brinde', 'Combo')),
        CONSTRAINT CK_DIM_DESCONTO_aplica_em CHECK (aplica_em IN ('Pedido Total', 'Produto Específico', 'Categoria', 'Frete', 'Item Individual'))
    );
    CREATE INDEX IX_DIM_DESCONTO_situacao ON dim.DIM_DESCONTO (situacao, eh_ativo) INCLUDE (desconto_id, codigo_desconto, data_fim_validade);
    CREATE INDEX IX_DIM_DESCONTO_tipo ON dim.DIM_DESCONTO (tipo_desconto) INCLUDE (desconto_id, codigo_desconto, valor_desconto);
    CREATE INDEX IX_DIM_DESCONTO_validade ON dim.DIM_DESCONTO (data_inicio_validade, data_fim_validade) INCLUDE (desconto_id, codigo_desconto, situacao) WHERE eh_ativo = 1;
    CREATE INDEX IX_DIM_DESCONTO_performance ON dim.DIM_DESCONTO (total_usos_realizados) INCLUDE (desconto_id, codigo_desconto, total_receita_gerada) WHERE total_usos_realizados > 0;
END;
GO

IF SCHEMA_ID(N'fact') IS NULL EXEC(N'CREATE SCHEMA fact');
GO

IF OBJECT_ID(N'fact.FACT_VENDAS', N'U') IS NULL
BEGIN
    CREATE TABLE fact.FACT_VENDAS (
        venda_id BIGINT IDENTITY(1,1) NOT NULL,
        venda_original_id BIGINT NOT NULL,
        data_id INT NOT NULL,
        cliente_id INT NOT NULL,
        produto_id INT NOT NULL,
        regiao_id INT NOT NULL,
        vendedor_id INT NULL,
        quantidade_vendida INT NOT NULL,
        preco_unitario_tabela DECIMAL(15,2) NOT NULL,
        valor_total_bruto DECIMAL(15,2) NOT NULL,
        valor_total_descontos DECIMAL(15,2) NOT NULL DEFAULT CAST(0.00 AS DECIMAL(15,2)),
        valor_total_liquido DECIMAL(15,2) NOT NULL,
        custo_total DECIMAL(15,2) NOT NULL,
        quantidade_devolvida INT NOT NULL DEFAULT 0,
        valor_devolvido DECIMAL(15,2) NOT NULL DEFAULT CAST(0.00 AS DECIMAL(15,2)),
        percentual_comissao DECIMAL(5,2) NULL,
        valor_comissao DECIMAL(15,2) NULL,
        numero_pedido VARCHAR(50) NOT NULL,
        teve_desconto BIT NOT NULL DEFAULT 0,
        data_inclusao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        data_atualizacao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        status_pedido VARCHAR(20) NOT NULL,
        excluido_em DATETIME2(0) NULL,
        linha_hash BIGINT NULL,
        CONSTRAINT PK_FACT_VENDAS PRIMARY KEY (venda_id),
        CONSTRAINT UK_FACT_VENDAS_original_id UNIQUE (venda_original_id),
        CONSTRAINT CK_FACT_VENDAS_quantidade CHECK (quantidade_vendida > 0),
        CONSTRAINT CK_FACT_VENDAS_valores CHECK (valor_total_bruto >= 0 AND valor_total_descontos >= 0 AND valor_total_liquido >= 0 AND custo_total >= 0),
        CONSTRAINT CK_FACT_VENDAS_devolucao CHECK (quantidade_devolvida >= 0 AND quantidade_devolvida <= quantidade_vendida),
        CONSTRAINT FK_FACT_VENDAS_data FOREIGN KEY (data_id) REFERENCES dim.DIM_DATA(data_id),
        CONSTRAINT FK_FACT_VENDAS_cliente FOREIGN KEY (cliente_id) REFERENCES dim.DIM_CLIENTE(cliente_id),
        CONSTRAINT FK_FACT_VENDAS_produto FOREIGN KEY (produto_id) REFERENCES dim.DIM_PRODUTO(produto_id),
        CONSTRAINT FK_FACT_VENDAS_regiao FOREIGN KEY (regiao_id) REFERENCES dim.DIM_REGIAO(regiao_id),
        CONSTRAINT FK_FACT_VENDAS_vendedor FOREIGN KEY (vendedor_id) REFERENCES dim.DIM_VENDEDOR(vendedor_id)
    );
    CREATE INDEX IX_FACT_VENDAS_data ON fact.FACT_VENDAS (data_id) INCLUDE (valor_total_liquido, quantidade_vendida);
    CREATE INDEX IX_FACT_VENDAS_cliente ON fact.FACT_VENDAS (cliente_id) INCLUDE (valor_total_liquido);
END;
GO

IF OBJECT_ID(N'fact.FACT_METAS', N'U') IS NULL
BEGIN
    CREATE TABLE fact.FACT_METAS (
        meta_id BIGINT IDENTITY(1,1) NOT NULL,
        vendedor_id INT NOT NULL,
        data_id INT NOT NULL,
        valor_meta DECIMAL(15,2) NOT NULL,
        quantidade_meta INT NULL,
        valor_realizado DECIMAL(15,2) NOT NULL DEFAULT CAST(0.00 AS DECIMAL(15,2)),
        quantidade_realizada INT NOT NULL DEFAULT 0,
        percentual_atingido DECIMAL(9,2) NOT NULL DEFAULT CAST(0.00 AS DECIMAL(9,2)),
        gap_meta DECIMAL(15,2) NOT NULL DEFAULT CAST(0.00 AS DECIMAL(15,2)),
        ticket_medio_realizado DECIMAL(15,2) NULL,
        ranking_periodo INT NULL,
        quartil_performance VARCHAR(10) NULL,
        meta_batida BIT NOT NULL DEFAULT 0,
        meta_superada BIT NOT NULL DEFAULT 0,
        eh_periodo_fechado BIT NOT NULL DEFAULT 0,
        tipo_periodo VARCHAR(20) NOT NULL DEFAULT 'Mensal',
        observacoes VARCHAR(500) NULL,
        data_inclusao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        data_ultima_atualizacao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        meta_original_id BIGINT NOT NULL,
        excluido_em DATETIME2(0) NULL,
        linha_hash BIGINT NULL,
        CONSTRAINT PK_FACT_METAS PRIMARY KEY (meta_id),
        CONSTRAINT UK_FACT_METAS_vendedor_periodo UNIQUE (vendedor_id, data_id, tipo_periodo),
        CONSTRAINT UK_FACT_METAS_original_id UNIQUE (meta_original_id),
        CONSTRAINT CK_FACT_METAS_valor_meta_positivo CHECK (valor_meta > 0),
        CONSTRAINT CK_FACT_METAS_quantidade_meta CHECK (quantidade_meta IS NULL OR quantidade_meta > 0),
        CONSTRAINT CK_FACT_METAS_valores_positivos CHECK (valor_realizado >= 0 AND quantidade_realizada >= 0),
        CONSTRAINT CK_FACT_METAS_percentual_valido CHECK (percentual_atingido >= 0),
        CONSTRAINT CK_FACT_METAS_tipo_periodo CHECK (tipo_periodo IN ('Mensal', 'Trimestral', 'Anual')),
        CONSTRAINT CK_FACT_METAS_quartil CHECK (quartil_performance IN ('Q1', 'Q2', 'Q3', 'Q4') OR quartil_performance IS NULL),
        CONSTRAINT CK_FACT_METAS_meta_batida_coerente CHECK ((meta_batida = 0 AND percentual_atingido < 100) OR (meta_batida = 1 AND percentual_atingido >= 100)),
        CONSTRAINT FK_FACT_METAS_vendedor FOREIGN KEY (vendedor_id) REFERENCES dim.DIM_VENDEDOR(vendedor_id),
        CONSTRAINT FK_FACT_METAS_data FOREIGN KEY (data_id) REFERENCES dim.DIM_DATA(data_id)
    );
    CREATE INDEX IX_FACT_METAS_vendedor_data ON fact.FACT_METAS (vendedor_id, data_id) INCLUDE (valor_meta, valor_realizado, percentual_atingido, meta_batida, meta_superada);
    CREATE INDEX IX_FACT_METAS_data ON fact.FACT_METAS (data_id) INCLUDE (vendedor_id, valor_realizado, meta_batida);
END;
GO

IF OBJECT_ID(N'fact.FACT_DESCONTOS', N'U') IS NULL
BEGIN
    CREATE TABLE fact.FACT_DESCONTOS (
        desconto_aplicado_id BIGINT IDENTITY(1,1) NOT NULL,
        desconto_aplicado_original_id BIGINT NOT NULL,
        desconto_id INT NOT NULL,
        venda_id BIGINT NOT NULL,
        data_aplicacao_id INT NOT NULL,
        cliente_id INT NOT NULL,
        produto_id INT NULL,
        nivel_aplicacao VARCHAR(30) NOT NULL,
        valor_desconto_aplicado DECIMAL(15,2) NOT NULL,
        valor_sem_desconto DECIMAL(15,2) NOT NULL,
        valor_com_desconto DECIMAL(15,2) NOT NULL,
        margem_antes_desconto DECIMAL(15,2) NULL,
        margem_apos_desconto DECIMAL(15,2) NULL,
        impacto_margem DECIMAL(15,2) NULL,
        percentual_desconto_efetivo DECIMAL(5,2) NOT NULL,
        desconto_aprovado BIT NOT NULL DEFAULT 1,
        motivo_rejeicao VARCHAR(200) NULL,
        numero_pedido VARCHAR(50) NOT NULL,
        data_inclusao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        data_atualizacao DATETIME NOT NULL DEFAULT SYSUTCDATETIME(),
        excluido_em DATETIME2(0) NULL,
        linha_hash BIGINT NULL,
        CONSTRAINT PK_FACT_DESCONTOS PRIMARY KEY (desconto_aplicado_id),
        CONSTRAINT UK_FACT_DESCONTOS_original_id UNIQUE (desconto_aplicado_original_id),
        CONSTRAINT CK_FACT_DESCONTOS_valores_positivos CHECK (valor_desconto_aplicado >= 0 AND valor_sem_desconto >= 0 AND valor_com_desconto >= 0),
        CONSTRAINT CK_FACT_DESCONTOS_valor_coerente CHECK (valor_com_desconto = valor_sem_desconto - valor_desconto_aplicado),
        CONSTRAINT CK_FACT_DESCONTOS_percentual_valido CHECK (percentual_desconto_efetivo BETWEEN 0 AND 100),
        CONSTRAINT CK_FACT_DESCONTOS_nivel_valido CHECK (nivel_aplicacao IN ('Item', 'Pedido', 'Frete', 'Categoria')),
        CONSTRAINT FK_FACT_DESCONTOS_desconto FOREIGN KEY (desconto_id) REFERENCES dim.DIM_DESCONTO(desconto_id),
        CONSTRAINT FK_FACT_DESCONTOS_venda FOREIGN KEY (venda_id) REFERENCES fact.FACT_VENDAS(venda_id),
        CONSTRAINT FK_FACT_DESCONTOS_data FOREIGN KEY (data_aplicacao_id) REFERENCES dim.DIM_DATA(data_id),
        CONSTRAINT FK_FACT_DESCONTOS_cliente FOREIGN KEY (cliente_id) REFERENCES dim.DIM_CLIENTE(cliente_id),
        CONSTRAINT FK_FACT_DESCONTOS_produto FOREIGN KEY (produto_id) REFERENCES dim.DIM_PRODUTO(produto_id)
    );
    CREATE INDEX IX_FACT_DESCONTOS_data ON fact.FACT_DESCONTOS (data_aplicacao_id) INCLUDE (desconto_id, valor_desconto_aplicado, valor_com_desconto);
    CREATE INDEX IX_FACT_DESCONTOS_venda ON fact.FACT_DESCONTOS (venda_id) INCLUDE (desconto_id, valor_desconto_aplicado, percentual_desconto_efetivo);
END;
GO

IF SCHEMA_ID(N'ctl') IS NULL EXEC(N'CREATE SCHEMA ctl');
GO

IF OBJECT_ID(N'ctl.etl_control', N'U') IS NULL
BEGIN
    CREATE TABLE ctl.etl_control (
        entity_name VARCHAR(100) NOT NULL,
        source_table VARCHAR(200) NOT NULL,
        target_table VARCHAR(200) NOT NULL,
        source_pk_column VARCHAR(128) NOT NULL,
        watermark_updated_at DATETIME2(0) NOT NULL DEFAULT CAST('1900-01-01T00:00:00' AS DATETIME2(0)),
        watermark_id BIGINT NOT NULL DEFAULT 0,
        cutoff_minutes INT NOT NULL DEFAULT 2,
        batch_size INT NOT NULL DEFAULT 1000,
        is_active BIT NOT NULL DEFAULT 1,
        last_run_id BIGINT NULL,
        last_status VARCHAR(20) NULL,
        last_success_at DATETIME2(0) NULL,
        created_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        updated_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        lookback_minutes INT NOT NULL DEFAULT 10,
        read_until DATETIME2(0) NULL,
        CONSTRAINT PK_ctl_etl_control PRIMARY KEY (entity_name),
        CONSTRAINT CK_ctl_etl_control_cutoff_minutes CHECK (cutoff_minutes BETWEEN 0 AND 1440),
        CONSTRAINT CK_ctl_etl_control_batch_size CHECK (batch_size BETWEEN 1 AND 100000),
        CONSTRAINT CK_ctl_etl_control_last_status CHECK (last_status IN ('success', 'failed', 'partial') OR last_status IS NULL)
    );
    CREATE INDEX IX_ctl_etl_control_active ON ctl.etl_control (is_active, entity_name) INCLUDE (watermark_updated_at, watermark_id, batch_size, cutoff_minutes);
END;
GO

IF SCHEMA_ID(N'audit') IS NULL EXEC(N'CREATE SCHEMA audit');
GO

IF OBJECT_ID(N'audit.etl_run', N'U') IS NULL
BEGIN
    CREATE TABLE audit.etl_run (
        run_id BIGINT IDENTITY(1,1) NOT NULL,
        entities_requested VARCHAR(500) NOT NULL,
        started_by VARCHAR(128) NOT NULL DEFAULT SUSER_SNAME(),
        started_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        finished_at DATETIME2(0) NULL,
        status VARCHAR(20) NOT NULL DEFAULT 'running',
        entities_succeeded INT NOT NULL DEFAULT 0,
        entities_failed INT NOT NULL DEFAULT 0,
        error_message VARCHAR(4000) NULL,
        created_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        heartbeat_at DATETIME2(0) NULL,
        cutoff_at DATETIME2(0) NULL,
        host_name VARCHAR(128) NULL,
        process_id INT NULL,
        CONSTRAINT PK_audit_etl_run PRIMARY KEY (run_id),
        CONSTRAINT CK_audit_etl_run_status CHECK (status IN ('running', 'success', 'failed', 'partial')),
        CONSTRAINT CK_audit_etl_run_counts CHECK (entities_succeeded >= 0 AND entities_failed >= 0)
    );
    CREATE INDEX IX_audit_etl_run_started_at ON audit.etl_run (started_at DESC) INCLUDE (status, finished_at, entities_succeeded, entities_failed);
END;
GO

IF OBJECT_ID(N'audit.etl_run_entity', N'U') IS NULL
BEGIN
    CREATE TABLE audit.etl_run_entity (
        run_entity_id BIGINT IDENTITY(1,1) NOT NULL,
        run_id BIGINT NOT NULL,
        entity_name VARCHAR(100) NOT NULL,
        entity_started_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        entity_finished_at DATETIME2(0) NULL,
        status VARCHAR(20) NOT NULL DEFAULT 'running',
        extracted_count INT NOT NULL DEFAULT 0,
        upserted_count INT NOT NULL DEFAULT 0,
        soft_deleted_count INT NOT NULL DEFAULT 0,
        watermark_from_updated_at DATETIME2(0) NULL,
        watermark_from_id BIGINT NULL,
        watermark_to_updated_at DATETIME2(0) NULL,
        watermark_to_id BIGINT NULL,
        error_message VARCHAR(4000) NULL,
        created_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        updated_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        inserted_count BIGINT NOT NULL DEFAULT 0,
        updated_count BIGINT NOT NULL DEFAULT 0,
        unchanged_count BIGINT NOT NULL DEFAULT 0,
        rejected_count BIGINT NOT NULL DEFAULT 0,
        inferred_count BIGINT NOT NULL DEFAULT 0,
        batch_count BIGINT NOT NULL DEFAULT 0,
        more_pending BIT NOT NULL DEFAULT 0,
        CONSTRAINT PK_audit_etl_run_entity PRIMARY KEY (run_entity_id),
        CONSTRAINT UQ_audit_etl_run_entity UNIQUE (run_id, entity_name),
        CONSTRAINT CK_audit_etl_run_entity_status CHECK (status IN ('running', 'success', 'failed')),
        CONSTRAINT CK_audit_etl_run_entity_counts CHECK (extracted_count >= 0 AND upserted_count >= 0 AND soft_deleted_count >= 0),
        CONSTRAINT FK_audit_etl_run_entity_run FOREIGN KEY (run_id) REFERENCES audit.etl_run(run_id)
    );
END;
GO

IF OBJECT_ID(N'audit.connection_login_events', N'U') IS NULL
BEGIN
    CREATE TABLE audit.connection_login_events (
        connection_event_id BIGINT IDENTITY(1,1) NOT NULL,
        event_time_utc DATETIME2(3) NOT NULL DEFAULT SYSUTCDATETIME(),
        captured_by NVARCHAR(50) NOT NULL DEFAULT 'SNAPSHOT_DMV',
        session_id SMALLINT NULL,
        login_name NVARCHAR(128) NULL,
        host_name NVARCHAR(128) NULL,
        program_name NVARCHAR(256) NULL,
        database_name NVARCHAR(128) NULL,
        status NVARCHAR(30) NULL,
        login_time DATETIME NULL,
        net_transport NVARCHAR(40) NULL,
        protocol_type NVARCHAR(40) NULL,
        client_net_address VARCHAR(48) NULL,
        client_tcp_port INT NULL,
        encrypt_option NVARCHAR(10) NULL,
        auth_scheme NVARCHAR(60) NULL,
        CONSTRAINT PK_audit_connection_login_events PRIMARY KEY (connection_event_id)
    );
    CREATE INDEX IX_audit_connection_login_events_time ON audit.connection_login_events (event_time_utc DESC) INCLUDE (login_name, client_net_address, program_name, host_name, database_name);
    CREATE INDEX IX_audit_connection_login_events_session ON audit.connection_login_events (login_time, session_id) INCLUDE (captured_by);
END;
GO

IF OBJECT_ID(N'audit.etl_reject', N'U') IS NULL
BEGIN
    CREATE TABLE audit.etl_reject (
        reject_id BIGINT IDENTITY(1,1) NOT NULL,
        entity_name VARCHAR(100) NOT NULL,
        source_key BIGINT NOT NULL,
        reason_code VARCHAR(40) NOT NULL,
        reason VARCHAR(1000) NOT NULL,
        payload VARCHAR(MAX) NOT NULL,
        source_updated_at DATETIME2(0) NULL,
        first_run_id BIGINT NOT NULL,
        last_run_id BIGINT NOT NULL,
        attempts INT NOT NULL DEFAULT 1,
        rejected_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        last_seen_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        resolved_at DATETIME2(0) NULL,
        resolution VARCHAR(40) NULL,
        CONSTRAINT PK_audit_etl_reject PRIMARY KEY (reject_id)
    );
    CREATE UNIQUE INDEX UX_audit_etl_reject_open ON audit.etl_reject (entity_name, source_key) WHERE resolved_at IS NULL;
    CREATE INDEX IX_audit_etl_reject_run ON audit.etl_reject (last_run_id);
END;
GO

IF OBJECT_ID(N'ctl.etl_affected_group', N'U') IS NULL
BEGIN
    CREATE TABLE ctl.etl_affected_group (
        group_kind VARCHAR(30) NOT NULL,
        group_id BIGINT NOT NULL,
        CONSTRAINT PK_ctl_etl_affected_group PRIMARY KEY (group_kind, group_id)
    );
END;
GO

IF OBJECT_ID(N'ctl.etl_parked', N'U') IS NULL
BEGIN
    CREATE TABLE ctl.etl_parked (
        entity_name VARCHAR(100) NOT NULL,
        source_key BIGINT NOT NULL,
        parked_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        CONSTRAINT PK_ctl_etl_parked PRIMARY KEY (entity_name, source_key)
    );
END;
GO

IF OBJECT_ID(N'ctl.audit_file_position', N'U') IS NULL
BEGIN
    CREATE TABLE ctl.audit_file_position (
        audit_name VARCHAR(128) NOT NULL,
        file_name NVARCHAR(260) NOT NULL,
        audit_file_offset BIGINT NOT NULL,
        event_time_utc DATETIME2(3) NOT NULL,
        updated_at DATETIME2(0) NOT NULL DEFAULT SYSUTCDATETIME(),
        CONSTRAINT PK_ctl_audit_file_position PRIMARY KEY (audit_name)
    );
END;
GO

IF NOT EXISTS (SELECT 1 FROM dim.DIM_CLIENTE WHERE cliente_id = -1)
BEGIN
    SET IDENTITY_INSERT dim.DIM_CLIENTE ON;
    INSERT INTO dim.DIM_CLIENTE (
        cliente_id, cliente_original_id, nome_cliente, tipo_cliente, segmento, cidade, estado, pais,
        data_primeiro_cadastro, data_ultima_atualizacao, eh_ativo, eh_inferido
    )
    VALUES (
        -1, -1, N'Nao informado', N'Inativo', N'Pessoa Fisica', N'Nao informado', N'NA', N'Nao informado',
        CAST('1900-01-01' AS DATE), CAST('1900-01-01T00:00:00' AS DATETIME), 0, 0
    );
    SET IDENTITY_INSERT dim.DIM_CLIENTE OFF;
END;
GO

IF NOT EXISTS (SELECT 1 FROM dim.DIM_PRODUTO WHERE produto_id = -1)
BEGIN
    SET IDENTITY_INSERT dim.DIM_PRODUTO ON;
    INSERT INTO dim.DIM_PRODUTO (
        produto_id, produto_original_id, codigo_sku, nome_produto, categoria, subcategoria, marca, fornecedor_id,
        nome_fornecedor, preco_custo, preco_sugerido, situacao, data_cadastro, data_ultima_atualizacao, eh_inferido
    )
    VALUES (
        -1, -1, N'#-1', N'Nao informado', N'Nao informado', N'Nao informado', N'Nao informado', -1, N'Nao informado',
        CAST(0.00 AS DECIMAL(10,2)), CAST(0.00 AS DECIMAL(10,2)), N'Inativo', CAST('1900-01-01T00:00:00' AS DATETIME),
        CAST('1900-01-01T00:00:00' AS DATETIME), 0
    );
    SET IDENTITY_INSERT dim.DIM_PRODUTO OFF;
END;
GO

IF NOT EXISTS (SELECT 1 FROM dim.DIM_REGIAO WHERE regiao_id = -1)
BEGIN
    SET IDENTITY_INSERT dim.DIM_REGIAO ON;
    INSERT INTO dim.DIM_REGIAO (
        regiao_id, regiao_original_id, pais, estado, nome_estado, cidade, data_cadastro, data_ultima_atualizacao,
        eh_ativo, eh_inferido
    )
    VALUES (
        -1, -1, N'Nao informado', N'NA', N'Nao informado', N'Nao informado', CAST('1900-01-01T00:00:00' AS DATETIME),
        CAST('1900-01-01T00:00:00' AS DATETIME), 0, 0
    );
    SET IDENTITY_INSERT dim.DIM_REGIAO OFF;
END;
GO

IF NOT EXISTS (SELECT 1 FROM dim.DIM_EQUIPE WHERE equipe_id = -1)
BEGIN
    SET IDENTITY_INSERT dim.DIM_EQUIPE ON;
    INSERT INTO dim.DIM_EQUIPE (
        equipe_id, equipe_original_id, nome_equipe, data_criacao, data_ultima_atualizacao, situacao, eh_ativa,
        eh_inferido
    )
    VALUES (
        -1, -1, N'#-1', CAST('1900-01-01' AS DATE), CAST('1900-01-01T00:00:00' AS DATETIME), N'Inativa', 0, 0
    );
    SET IDENTITY_INSERT dim.DIM_EQUIPE OFF;
END;
GO

IF NOT EXISTS (SELECT 1 FROM dim.DIM_VENDEDOR WHERE vendedor_id = -1)
BEGIN
    SET IDENTITY_INSERT dim.DIM_VENDEDOR ON;
    INSERT INTO dim.DIM_VENDEDOR (
        vendedor_id, vendedor_original_id, nome_vendedor, matricula, email, cargo, data_contratacao,
        data_ultima_atualizacao, situacao, eh_ativo, aceita_novos_clientes, eh_inferido
    )
    VALUES (
        -1, -1, N'Nao informado', N'#-1', N'#-1', N'Nao informado', CAST('1900-01-01' AS DATE),
        CAST('1900-01-01T00:00:00' AS DATETIME), N'Desligado', 0, 0, 0
    );
    SET IDENTITY_INSERT dim.DIM_VENDEDOR OFF;
END;
GO

IF NOT EXISTS (SELECT 1 FROM dim.DIM_DESCONTO WHERE desconto_id = -1)
BEGIN
    SET IDENTITY_INSERT dim.DIM_DESCONTO ON;
    INSERT INTO dim.DIM_DESCONTO (
        desconto_id, desconto_original_id, codigo_desconto, tipo_desconto, metodo_desconto, aplica_em,
        data_inicio_validade, situacao, eh_ativo, data_criacao, data_ultima_atualizacao, eh_inferido
    )
    VALUES (
        -1, -1, N'#-1', N'Cupom', N'Percentual', N'Pedido Total', CAST('1900-01-01T00:00:00' AS DATETIME), N'Cancelado',
        0, CAST('1900-01-01T00:00:00' AS DATETIME), CAST('1900-01-01T00:00:00' AS DATETIME), 0
    );
    SET IDENTITY_INSERT dim.DIM_DESCONTO OFF;
END;
GO

INSERT INTO ctl.etl_control (entity_name, source_table, target_table, source_pk_column, batch_size)
SELECT s.entity_name, s.source_table, s.target_table, s.source_pk_column, s.batch_size
FROM (VALUES
    (N'dim_cliente', N'core.customers', N'dim.DIM_CLIENTE', N'customer_id', 1000),
    (N'dim_produto', N'core.products', N'dim.DIM_PRODUTO', N'product_id', 1000),
    (N'dim_regiao', N'core.regions', N'dim.DIM_REGIAO', N'region_id', 1000),
    (N'dim_equipe', N'core.teams', N'dim.DIM_EQUIPE', N'team_id', 1000),
    (N'dim_vendedor', N'core.sellers', N'dim.DIM_VENDEDOR', N'seller_id', 1000),
    (N'dim_desconto', N'core.discount_campaigns', N'dim.DIM_DESCONTO', N'discount_id', 1000),
    (N'fact_vendas', N'core.order_items', N'fact.FACT_VENDAS', N'order_item_id', 5000),
    (N'fact_metas', N'core.seller_targets_monthly', N'fact.FACT_METAS', N'seller_target_id', 5000),
    (N'fact_descontos', N'core.order_item_discounts', N'fact.FACT_DESCONTOS', N'order_item_discount_id', 5000)
) AS s (entity_name, source_table, target_table, source_pk_column, batch_size)
WHERE NOT EXISTS (SELECT 1 FROM ctl.etl_control AS c WHERE c.entity_name = s.entity_name);
GO

